#!/bin/sh
# Runs a command of this repository. The commands are in eng/Build.cs; without one they are listed.
if ! command -v dotnet >/dev/null 2>&1; then
    echo "The .NET 10 SDK is needed and there is no dotnet in PATH: install it from https://dot.net/download." >&2
    exit 1
fi
cd "$(dirname "$0")" || exit 1
# An MSBuild process that is kept for later builds would keep the task assembly of this build loaded.
export MSBUILDDISABLENODEREUSE=1
exec dotnet run --verbosity quiet eng/Build.cs -- "$@"
