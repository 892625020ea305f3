#!/usr/bin/env bash
# install.sh [--check]: installs the Debian packages that run.sh needs, about 0.7 GB. With --check only names those that are missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"

missing=()
find_wine wine64 >/dev/null || missing+=(wine64)
find_wine wineserver >/dev/null || missing+=(libwine)
command -v winegcc >/dev/null || command -v winegcc-stable >/dev/null || missing+=(wine64-tools)
[ -e /usr/lib/x86_64-linux-gnu/wine/x86_64-unix/libntdll.a ] || missing+=(libwine-dev)
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
[ ${#missing[@]} -gt 0 ] || exit 0

install=(apt-get install -qq -y --no-install-recommends "${missing[@]}")
if [ "${1:-}" = --check ] || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "packages are missing; as root: ${install[*]}"
fi
export DEBIAN_FRONTEND=noninteractive
"${install[@]}" >/dev/null 2>&1 || { apt-get update -qq && "${install[@]}" >/dev/null; } || die "apt-get could not install: ${missing[*]}"
