#!/bin/sh
# Compiles your C and assembly sources with the guest kit to one ELF file.
#
#   build-guest.sh SOURCE... --arch amd64|i686|i686-identity|i686-paged -o OUT.elf
#                  [--float] [--start SCRIPT.ld] [--libc musl] [-- COMPILER-OPTIONS...]
#   build-guest.sh --kit-objects DIR --arch amd64 [--libc musl]
#
# An i686 guest is linked and loaded at 0x100000 and starts in protected mode. i686-identity is the layout of upstream v0.13.1 and
# v0.14.0: loaded at 0, started in real mode. i686-paged is the layout of v0.15.0: loaded at 0x1000, started with paging on.
# --float lets your sources use float and double in processor registers. The sources of the kit never do.
# --start leaves out the start and the exceptions of the kit (src/<arch>/) and links with your script, for kernels that start
# themselves.
# --libc musl (amd64) makes a guest of a program for Linux with main(): the kit then answers system calls inside the guest (src/linux),
# and the program is linked with the static C library musl. The folder $HYPERLIGHT_MUSL has its include/ and lib/libc.a; without
# it the package musl-dev of Debian is used.
# --kit-objects only compiles the files of the kit, into a folder: a linker's input for guests in other languages.
# The compiler is $HYPERLIGHT_CC or the first of clang, gcc and "zig cc" that is installed.
# The same sources and the same compiler give the same bytes, in any directory.
set -eu

usage() {
    echo "usage: build-guest.sh SOURCE... --arch amd64|i686|i686-identity|i686-paged -o OUT.elf" \
        "[--float] [--start SCRIPT.ld] [--libc musl] [-- COMPILER-OPTIONS...]" >&2
    echo "       build-guest.sh --kit-objects DIR --arch amd64 [--libc musl]" >&2
    exit 2
}

kit=$(cd "$(dirname "$0")" && pwd)
sources='' arch='' out='' script='' libc='' kit_objects='' float=''
while [ $# -gt 0 ]; do
    case $1 in
        --arch) [ $# -ge 2 ] || usage; arch=$2; shift 2 ;;
        -o) [ $# -ge 2 ] || usage; out=$2; shift 2 ;;
        --float) float=yes; shift ;;
        --libc) [ $# -ge 2 ] && [ "$2" = musl ] || usage; libc=$2; shift 2 ;;
        --kit-objects) [ $# -ge 2 ] || usage; kit_objects=$2; shift 2 ;;
        --start) [ $# -ge 2 ] || usage; script=$2; shift 2 ;;
        --) shift; break ;;
        -*) usage ;;
        *) sources="$sources$1
"; shift ;;
    esac
done
if [ -n "$kit_objects" ]; then [ -z "$sources$out$script" ] || usage
else [ -n "$sources" ] && [ -n "$out" ] || usage; fi
[ -z "$libc" ] || { [ "$arch" = amd64 ] && [ -z "$script" ]; } || usage

case $arch in
    amd64) position=-static-pie target=x86_64-linux-gnu ;;
    i686|i686-identity|i686-paged) position='-static -no-pie' target=i386-linux-gnu ;;
    *) usage ;;
esac
cpu=${arch%%-*} machine=${arch%-identity}
case $arch in
    i686-identity) layout=-DHL_IDENTITY_LAYOUT ;;
    i686-paged) layout=-DHL_PAGED_LAYOUT ;;
    *) layout='' ;;
esac

if [ -n "${HYPERLIGHT_CC:-}" ]; then cc=$HYPERLIGHT_CC
elif command -v clang > /dev/null; then cc=clang
elif command -v gcc > /dev/null; then cc=gcc
elif command -v zig > /dev/null; then cc='zig cc'
else
    echo "build-guest.sh: no C compiler found: install clang, gcc or zig, or name one in HYPERLIGHT_CC." >&2
    exit 1
fi
# A compiler for many machines needs the name of the target. On some hosts the default linker cannot write ELF files. Zig has other
# names for processors, uses all registers of the processor, and checks for undefined behavior in code that is not optimized. Its
# compiler would link functions for floating point that do not fit the code of guests, so its linker is run alone.
no_float=-mgeneral-regs-only processor='' linker=''
case $cc in
    *zig) cc="$cc cc" ;;
esac
case $cc in
    *zig*)
        case $cpu in
            amd64) target=x86_64 processor=-march=x86_64 no_float=-x87-mmx-sse-sse2 position='-m elf_x86_64 -pie --no-dynamic-linker' ;;
            *) target=x86 processor=-march=i686 no_float=-x87-mmx position='-m elf_i386' ;;
        esac
        linker="${cc%% cc*} ld.lld"
        cc="$cc -target $target-freestanding -fno-sanitize=undefined"
        no_float=$processor$no_float
        ;;
    *clang*) cc="$cc --target=$target -Wno-unused-command-line-argument"; position="$position -fuse-ld=lld" ;;
esac

if [ -n "$kit_objects" ]; then
    mkdir -p "$kit_objects"
    objects=$(cd "$kit_objects" && pwd)
else
    objects=$(mktemp -d)
    trap 'rm -rf "$objects"' EXIT
fi

# Where musl is: $1 is the include folder, $2 the archive.
find_musl() {
    for place in "${HYPERLIGHT_MUSL:+$HYPERLIGHT_MUSL/include $HYPERLIGHT_MUSL/lib/libc.a}" \
        "/usr/include/x86_64-linux-musl /usr/lib/x86_64-linux-musl/libc.a"; do
        [ -n "$place" ] || continue
        musl_include=${place%% *} musl_archive=${place##* }
        [ -f "$musl_archive" ] && [ -f "$musl_include/stdio.h" ] && return 0
        [ -z "${HYPERLIGHT_MUSL:-}" ] || break
    done
    echo "build-guest.sh: no musl: $musl_archive and $musl_include/stdio.h are not both there: install musl-dev," \
        "or name a folder with include/ and lib/libc.a in HYPERLIGHT_MUSL." >&2
    exit 1
}
# Some compilers make other code with debug information, which an MSBuild project compiles with. The linker leaves it out.
debug='-g -gdwarf-4'
# A host follows the frames of a guest in another language through the kit to the author's code.
[ -z "$kit_objects" ] || debug=-fno-omit-frame-pointer
own_rsp=$cpu own_options='' libraries=''
if [ -n "$libc" ] && [ -z "$kit_objects" ]; then
    find_musl
    own_rsp=amd64-linux float=yes
    own_options="-nostdinc -isystem $musl_include -isystem $($cc -print-file-name=include)"
    # lld wants a program header for thread-local variables, which a guest does not have.
    ! command -v ld.bfd > /dev/null || position=$(echo "$position" | sed 's/=lld/=bfd/')
    builtins=$($cc -print-libgcc-file-name)
    [ -f "$builtins" ] || builtins=''
    libraries="-Wl,--no-eh-frame-hdr -Wl,--start-group $musl_archive $builtins -Wl,--end-group"
    # Zig has headers of its own for the target, and they are not where it says.
    [ -z "$linker" ] || own_options="-isystem $musl_include" libraries=$musl_archive
    script=$kit/amd64-linux.ld
fi

registers=$no_float
[ -z "$float" ] || registers=''
# $cc, $linker, $layout, $debug, $registers, $position, $own_options and $libraries are lists of words.
compile() { # SOURCE OBJECT OPTIONS...
    source=$1 object=$2
    shift 2
    $cc $layout $debug -I "$kit/include" \
        "-ffile-prefix-map=$kit=hyperlight" "-ffile-prefix-map=$(cd "$(dirname "$source")" && pwd)=." \
        "$@" -c "$source" -o "$objects/$object.o"
}

kit_sources() {
    ls "$kit"/src/*.[cS]
    [ -n "$libc" ] || [ -z "$script" ] || return 0
    ls "$kit/src/$machine"/*.[cS]
    [ -z "$libc" ] || find "$kit/src/linux" -name '*.[cS]' | LC_ALL=C sort
}

kit_sources | while IFS= read -r source; do
    name=${source#"$kit/src/"}
    compile "$source" "kit-$(echo "$name" | tr ./ --)" "@$kit/$cpu.rsp" $no_float
done
[ -z "$kit_objects" ] || exit 0

number=0
while IFS= read -r source; do
    [ -n "$source" ] || continue
    number=$((number + 1))
    compile "$source" "own-$number" "@$kit/$own_rsp.rsp" $processor $own_options $registers "$@"
done << END
$sources
END

# An undefined weak symbol has the address 0. GNU ld leaves its name out of the ELF file, so this script reports it.
case $cc in
    *gcc*) nm=$($cc -print-prog-name=nm) ;;
    *) nm='' ;;
esac
if [ -n "$nm" ] && command -v "$nm" > /dev/null; then
    "$nm" "$objects"/*.o 2> /dev/null | awk '
        NF == 2 && ($1 == "w" || $1 == "v") { weak[$2] }
        NF == 3 { defined[$3] }
        END { for (name in weak) if (!(name in defined) &&
            name !~ /^(__init_array_(start|end)|main|hl_managed_main)$/) print name }' | sort |
        while IFS= read -r name; do
            echo "build-guest.sh: warning HL1022: nothing defines the weak symbol '$name', so that its address is 0:" \
                "define it, or compare its address with NULL before it is used." >&2
        done
fi

options='--gc-sections --build-id=none --hash-style=sysv -znoexecstack -znorelro -zmax-page-size=4096 --no-undefined --strip-debug'
if [ -n "$linker" ]; then $linker $position $options "-T${script:-$kit/$arch.ld}" "$objects"/*.o $libraries -o "$out"
else
    $cc "@$kit/$cpu.rsp" -nostdlib $position $(printf -- '-Wl,%s ' $options) "-Wl,-T,${script:-$kit/$arch.ld}" \
        "$objects"/*.o $libraries -o "$out"
fi
