#!/bin/sh
# What can be done with this repository; the words are in eng/Build.cs.
if ! command -v dotnet >/dev/null 2>&1; then
    echo "The .NET 10 SDK is needed and there is no dotnet in PATH: install it from https://dot.net/download." >&2
    exit 1
fi
cd "$(dirname "$0")" || exit 1
# A worker that stays behind would keep the task assembly of this build loaded.
export MSBUILDDISABLENODEREUSE=1
exec dotnet run --verbosity quiet eng/Build.cs -- "$@"
