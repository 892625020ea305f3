@echo off
rem Runs build-guest.sh, a script for POSIX shells, with the shell of Git for Windows or another one in PATH.
setlocal
set shell=
for %%p in (sh.exe) do set shell=%%~$PATH:p
if "%shell%" == "" (
    echo build-guest.sh needs a POSIX shell and there is no sh in PATH: add usr\bin of Git for Windows to PATH, 1>&2
    echo or compile the guest in WSL or on Linux. 1>&2
    exit /b 1
)
"%shell%" "%~dp0build-guest.sh" %*
exit /b %errorlevel%
