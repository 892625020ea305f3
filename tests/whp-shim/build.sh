#!/usr/bin/env bash
# build.sh [linux|wine|test|test-wine]: builds the test-only WinHvPlatform libraries into artifacts/whp-shim, unless they are up to date.
#   linux      (the default) linux/libWinHvPlatform.so, and linux-old/libWinHvPlatform.so, which lacks WHvMapGpaRange2 as old Windows does
#   wine       wine/x86_64-unix/winhvplatform.dll.so and wine/x86_64-windows/winhvplatform.dll: for Wine's WINEDLLPATH
#   test       builds and runs the program that checks the rules of the library
#   test-wine  the same as a program of Wine; WINEPREFIX has to be a prefix that was created with WINEDLLPATH=artifacts/whp-shim/wine
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../../artifacts/whp-shim
sources=("$here"/{calls,exits,exports,foreign,memory,msrs,partition,ports,processor,registers,run,sources,translate,xsave}.c)
headers=("$here"/{shim.h,WinHvPlatform.h,WinHvPlatform.spec} "$here/build.sh")
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

require_gcc() {
    command -v gcc >/dev/null || missing "gcc is missing: install the packages gcc and libc6-dev"
    [ -e /usr/include/linux/kvm.h ] || missing "linux/kvm.h is missing: install the package linux-libc-dev"
}

# Debian's names of Wine's tools end in -stable.
require_wine() {
    winegcc=$(command -v winegcc || command -v winegcc-stable) && winebuild=$(command -v winebuild || command -v winebuild-stable) ||
        missing "winegcc or winebuild is missing: install the package wine64-tools"
    [ -e /usr/lib/x86_64-linux-gnu/wine/x86_64-unix/libntdll.a ] ||
        missing "Wine's import libraries are missing: install the package libwine-dev"
}

# Builds beside the target and renames, so that a process that has the old library keeps it whole.
build_linux() {
    local target=$out/$1/libWinHvPlatform.so
    is_current "$target" && return
    require_gcc
    mkdir -p "$out/$1"
    gcc "${flags[@]}" "${@:2}" -shared -o "$target.new" "${sources[@]}" -lpthread
    mv "$target.new" "$target"
}

# Wine finds a library of its own by a placeholder in the format of Windows.
build_wine() {
    local library=$out/wine/x86_64-unix/winhvplatform.dll.so placeholder=$out/wine/x86_64-windows/winhvplatform.dll work
    is_current "$library" && is_current "$placeholder" && return
    require_gcc
    require_wine
    mkdir -p "$out"/wine/{x86_64-unix,x86_64-windows}
    work=$(mktemp -d)
    compile "$work" "${sources[@]}"
    "$winegcc" -shared -o "$work/winhvplatform.dll.so" "$here/WinHvPlatform.spec" "$work"/*.o -lntdll -lpthread
    "$winebuild" --dll --fake-module -E "$here/WinHvPlatform.spec" -o "$work/winhvplatform.dll"
    mv "$work/winhvplatform.dll.so" "$library"
    mv "$work/winhvplatform.dll" "$placeholder"
    rm -r "$work"
}

# Compiles files for Wine into objects in a directory.
compile() {
    local source
    for source in "${@:2}"; do
        gcc "${flags[@]}" -DWHPSHIM_WINE -c "$source" -o "$1/$(basename "$source" .c).o"
    done
}

# Whether the test program is newer than the library and its own files.
is_test_current() { [ "$1" -nt "$2" ] && [ -z "$(find "$here" -name 'selftest*' -newer "$1")" ]; }

run_test() {
    local program=$out/selftest
    is_test_current "$program" "$out/linux/libWinHvPlatform.so" ||
        gcc "${flags[@]}" -fPIE -o "$program" "$here"/selftest*.c -L"$out/linux" -Wl,-rpath,"$out/linux" -lWinHvPlatform -lpthread
    "$program"
}

run_wine_test() {
    local program=$out/selftest.exe.so work wine
    wine=$(command -v wine64 || command -v /usr/lib/wine/wine64) || missing "wine64 is missing: install the package wine64"
    [ -n "${WINEPREFIX:-}" ] || missing "WINEPREFIX is not set"
    if ! is_test_current "$program" "$out/wine/x86_64-unix/winhvplatform.dll.so"; then
        require_wine
        work=$(mktemp -d)
        compile "$work" "$here"/selftest*.c
        "$winebuild" --implib -E "$here/WinHvPlatform.spec" -o "$work/libwinhvplatform.a"
        "$winegcc" -o "$program" "$work"/*.o -L"$work" -lwinhvplatform -lkernel32 -lpthread
        rm -r "$work"
    fi
    WINEDLLPATH=$out/wine WINEDEBUG=-all "$wine" "$program"
}

case "${1:-linux}" in
linux)
    build_linux linux
    build_linux linux-old -DWHPSHIM_OLD
    ;;
wine) build_wine ;;
test)
    build_linux linux
    run_test
    ;;
test-wine)
    build_wine
    run_wine_test
    ;;
*) missing "unknown argument $1: use linux, wine, test or test-wine" ;;
esac
