#!/usr/bin/env bash
# run.sh [--timeout SECONDS] [--without-platform] PROGRAM.exe [ARGUMENT...]: runs a Windows program of .NET in Wine, with the library of
# tests/whp-shim as the Windows Hypervisor Platform. The program reads nothing; output and exit status are its own.
#   --timeout SECONDS     ends the program after this time with the status 124; 300 without the option
#   --without-platform    the program finds no Windows Hypervisor Platform, as on a Windows without the feature
# The status is 125 if something is missing; standard error says what. One program runs at a time; the next one waits.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# Not in the repository: Wine's prefix has a link to the root folder of the machine, which a search through the repository would follow.
cache=${HYPERLIGHT_WINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hyperlight-wine}
platform=$root/artifacts/whp-shim/wine
hook=$here/frames/bin/Debug/net10.0/Hyperlight.Wine.dll
. "$here/lib.sh"

seconds=300
has_platform=1
while :; do
    case "${1:-}" in
    --timeout) seconds=$2; shift 2 ;;
    --without-platform) has_platform=; shift ;;
    *) break ;;
    esac
done
[ $# -gt 0 ] || die "which program? See the first lines of $0"

wine=$(find_wine wine64) && wineserver=$(find_wine wineserver) || die "there is no Wine: tests/wine/install.sh installs it"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
"$root/tests/whp-shim/build.sh" wine || die "the library of tests/whp-shim cannot be built"
[ -e "$hook" ] || dotnet build "$here/frames" -v quiet -nologo >&2 9>&- || die "tests/wine/frames does not build"

export WINEPREFIX=$cache/prefix WINEDEBUG=${WINEDEBUG:--all} WINEDLLPATH=$platform
trap '"$wineserver" -k 9>&- || true' EXIT

# Wine installs the library of the platform in the prefix if it finds one when it creates the prefix. A folder with the final name is
# complete.
if ! [ -e "$WINEPREFIX" ]; then
    (
        export WINEPREFIX=$cache/prefix.new
        rm -rf "$WINEPREFIX"
        WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=' timeout 120 "$wine" wineboot -i
        # Wine pretends to be Windows 7 without the value; .NET needs Windows 10.
        timeout 60 "$wine" reg add 'HKCU\Software\Wine' /v Version /d win10 /f
        "$wineserver" -k -w || true
        [ -e "$WINEPREFIX/drive_c/windows/system32/winhvplatform.dll" ]
    ) >"$cache/prefix.log" 2>&1 9>&- || die "Wine could not create its prefix: see $cache/prefix.log"
    mv "$cache/prefix.new" "$WINEPREFIX"
fi
[ -n "$has_platform" ] || unset WINEDLLPATH

# EnableWriteXorExecute: .NET maps its code twice, and Wine loses track of the second view.
export DOTNET_STARTUP_HOOKS="Z:${hook//\//\\}" DOTNET_EnableWriteXorExecute=0
status=0
timeout --kill-after 10 "$seconds" "$wine" "$@" </dev/null 9>&- || status=$?
[ "$status" != 137 ] || status=124
exit "$status"
