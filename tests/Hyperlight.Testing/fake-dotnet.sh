#!/bin/sh
# Stands for dotnet in "dotnet exec ASSEMBLY ARGUMENT...": the assembly is a shell script of a test.
shift
exec /bin/sh "$@"
