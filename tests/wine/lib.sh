# lib.sh: functions of install.sh and run.sh.

die() { echo "wine: $1" >&2; exit 125; }

# Prints the path of a program of Wine. Debian keeps them in a folder that is not in PATH, unless the package wine is installed.
find_wine() { command -v "$1" || command -v "/usr/lib/wine/$1"; }
