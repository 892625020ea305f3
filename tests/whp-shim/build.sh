#!/usr/bin/env bash
# build.sh [linux|test]: builds the test-only WinHvPlatform libraries into artifacts/whp-shim, unless they are up to date.
#   linux   (the default) linux/libWinHvPlatform.so, and linux-old/libWinHvPlatform.so, which lacks WHvMapGpaRange2 as old Windows does
#   test    builds and runs the program that checks the rules of the library
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../../artifacts/whp-shim
sources=("$here"/{calls,exits,exports,memory,msrs,partition,ports,processor,registers,run,sources,translate,xsave}.c)
headers=("$here"/{shim.h,WinHvPlatform.h} "$here/build.sh")
flags=(-std=gnu2x -D_GNU_SOURCE -O2 -g -fPIC -fvisibility=hidden -Wall -Wextra -Werror)

missing() { echo "whp-shim: $1" >&2; exit 1; }

# Whether a file exists and is not older than the sources.
is_current() {
    local target=$1 source
    [ -e "$target" ] || return 1
    for source in "${sources[@]}" "${headers[@]}"; do
        [ "$target" -nt "$source" ] || return 1
    done
}

# Builds beside the target and renames, so that a process that has the old library keeps it whole.
build_linux() {
    local target=$out/$1/libWinHvPlatform.so
    is_current "$target" && return
    command -v gcc >/dev/null || missing "gcc is missing: install the packages gcc and libc6-dev"
    [ -e /usr/include/linux/kvm.h ] || missing "linux/kvm.h is missing: install the package linux-libc-dev"
    mkdir -p "$out/$1"
    gcc "${flags[@]}" "${@:2}" -shared -o "$target.new" "${sources[@]}" -lpthread
    mv "$target.new" "$target"
}

run_test() {
    local program=$out/selftest source
    if ! [ "$program" -nt "$out/linux/libWinHvPlatform.so" ] || [ -n "$(find "$here" -name 'selftest*' -newer "$program")" ]; then
        gcc "${flags[@]}" -fPIE -o "$program" "$here"/selftest*.c -L"$out/linux" -Wl,-rpath,"$out/linux" -lWinHvPlatform -lpthread
    fi
    "$program"
}

case "${1:-linux}" in
linux)
    build_linux linux
    build_linux linux-old -DWHPSHIM_OLD
    ;;
test)
    build_linux linux
    run_test
    ;;
*) missing "unknown argument $1: use linux or test" ;;
esac
