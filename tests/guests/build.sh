#!/bin/sh
# Builds the committed guests of the samples and tests from their sources. Two builds in a row give the same bytes.
#
#   build.sh                     replaces the committed files
#   build.sh --out DIR           builds all guests into DIR, for a test that compares them with the committed ones
#   build.sh --out DIR NAME...   builds only the named guests
#
# build-guest.sh chooses the compiler. Another compiler may give other bytes with the same behaviour.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out='' names=''
if [ $# -gt 0 ]; then
    [ "$1" = --out ] && [ $# -ge 2 ] || { echo "usage: build.sh [--out DIR [NAME...]]" >&2; exit 2; }
    mkdir -p "$2"
    out=$(cd "$2" && pwd)
    shift 2
    names=$*
fi

build() { # SOURCE ARCH COMMITTED-FILE [OPTION-OR-SOURCE...]
    case " $names " in "  "|*" $(basename "$3" .elf) "*) ;; *) return 0 ;; esac
    source=$root/$1 arch=$2 target=$root/$3
    [ -z "$out" ] || target=$out/$(basename "$3")
    shift 3
    "$root/sdk/guest/build-guest.sh" "$source" "$@" --arch "$arch" -o "$target" -- -I "$root/sdk/guest/src"
    chmod 644 "$target"
}

kernel() { # ARCH VARIANT
    sources=samples/Microkernel32/guest
    build $sources/kernel.c "$1" "samples/Microkernel32/guests/microkernel-$2.elf" --start "$root/$sources/$2.ld" "$root/$sources/entry.S" \
        "$root/$sources/interrupts.c" "$root/$sources/paging.c" "$root/$sources/ramfs.c" "$root/$sources/vmbus.c"
}

build samples/Hello/guest/hello.c amd64 samples/Hello/guests/hello.elf
build samples/Hello32/guest/hello32.c i686 samples/Hello32/guests/hello32.elf
build tests/guests/src/misbehave.c amd64 tests/guests/misbehave.elf
build samples/Hello32/guest/hello32.c i686-identity tests/guests/hello32-identity.elf
build tests/guests/src/misbehave.c i686 tests/guests/misbehave-flat.elf
build tests/guests/src/misbehave.c i686-identity tests/guests/misbehave32.elf
build tests/guests/src/misbehave.c i686-paged tests/guests/misbehave-paged.elf
build samples/Hello32/guest/hello32.c i686-paged tests/guests/hello-paged.elf
build tests/guests/src/warm.c amd64 tests/guests/warm.elf
build tests/guests/src/ticks.c amd64 tests/guests/ticks.elf
build tests/guests/src/ticks.c i686 tests/guests/ticks-flat.elf
build tests/guests/src/ticks.c i686-identity tests/guests/ticks32.elf
build tests/guests/src/ticks.c i686-paged tests/guests/ticks-paged.elf
kernel i686-identity identity
kernel i686 flat
kernel i686-paged paged
