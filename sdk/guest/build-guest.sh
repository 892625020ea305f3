#!/bin/sh
# Compiles your C and assembly sources with the guest kit to one ELF file.
#
#   build-guest.sh SOURCE... --arch amd64|i686|i686-identity|i686-paged -o OUT.elf
#                  [--float] [--start SCRIPT.ld] [-- COMPILER-OPTIONS...]
#
# An i686 guest is linked and loaded at 0x100000 and starts in protected mode. i686-identity is the layout of upstream v0.13.1 and
# v0.14.0: loaded at 0, started in real mode. i686-paged is the layout of v0.15.0: loaded at 0x1000, started with paging on.
# --float lets your sources use float and double in processor registers. The sources of the kit never do.
# --start leaves out the start and the exceptions of the kit (src/<arch>/) and links with your script, for kernels that start
# themselves.
# The compiler is $HYPERLIGHT_CC or the first of clang, gcc and "zig cc" that is installed.
# The same sources and the same compiler give the same bytes, in any directory.
set -eu

usage() {
    echo "usage: build-guest.sh SOURCE... --arch amd64|i686|i686-identity|i686-paged -o OUT.elf" \
        "[--float] [--start SCRIPT.ld] [-- COMPILER-OPTIONS...]" >&2
    exit 2
}

kit=$(cd "$(dirname "$0")" && pwd)
sources='' arch='' out='' script='' registers=-mgeneral-regs-only
while [ $# -gt 0 ]; do
    case $1 in
        --arch) [ $# -ge 2 ] || usage; arch=$2; shift 2 ;;
        -o) [ $# -ge 2 ] || usage; out=$2; shift 2 ;;
        --float) registers=''; shift ;;
        --start) [ $# -ge 2 ] || usage; script=$2; shift 2 ;;
        --) shift; break ;;
        -*) usage ;;
        *) sources="$sources$1
"; shift ;;
    esac
done
[ -n "$sources" ] && [ -n "$out" ] || usage

case $arch in
    amd64) position='-static-pie -Wl,--no-dynamic-linker' target=x86_64-linux-gnu ;;
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
# A compiler for many machines needs the name of the target. On some hosts the default linker cannot write ELF files.
case $cc in
    *zig*) cc="$cc -target $(echo $target | sed 's/^i386/x86/')" ;;
    *clang*) cc="$cc --target=$target -Wno-unused-command-line-argument"; position="$position -fuse-ld=lld" ;;
esac

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

# $cc, $layout, $registers and $position are lists of words.
compile() { # SOURCE OBJECT OPTIONS...
    source=$1 object=$2
    shift 2
    $cc "@$kit/$cpu.rsp" $layout -I "$kit/include" \
        "-ffile-prefix-map=$kit=hyperlight" "-ffile-prefix-map=$(cd "$(dirname "$source")" && pwd)=." \
        "$@" -c "$source" -o "$objects/$object.o"
}

for source in "$kit"/src/*.[cS] "$kit/src/$machine"/*.[cS]; do
    [ -z "$script" ] || [ "$(dirname "$source")" = "$kit/src" ] || continue
    compile "$source" "kit-$(basename "$source" | tr . -)" -mgeneral-regs-only
done

number=0
while IFS= read -r source; do
    [ -n "$source" ] || continue
    number=$((number + 1))
    compile "$source" "own-$number" $registers "$@"
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
        END { for (name in weak) if (!(name in defined) && name !~ /^__init_array_(start|end)$/) print name }' | sort |
        while IFS= read -r name; do
            echo "build-guest.sh: warning HL1022: nothing defines the weak symbol '$name', so that its address is 0:" \
                "define it, or compare its address with NULL before it is used." >&2
        done
fi

$cc "@$kit/$cpu.rsp" -nostdlib $position "-Wl,-T,${script:-$kit/$arch.ld}" -Wl,--gc-sections -Wl,--build-id=none \
    -Wl,--hash-style=sysv -Wl,-z,noexecstack -Wl,-z,norelro -Wl,-z,max-page-size=4096 -Wl,--no-undefined -Wl,--strip-debug \
    "$objects"/*.o -o "$out"
