@echo off
rem Runs a command of this repository. The commands are in eng\Build.cs; without one they are listed.
setlocal
rem pushd gives the folder of a server a drive letter. cd cannot.
pushd "%~dp0" || exit /b 1
where dotnet >nul 2>nul
if errorlevel 1 (
    echo The .NET 10 SDK is needed and there is no dotnet in PATH: install it from https://dot.net/download. 1>&2
    exit /b 1
)
rem An MSBuild process that is kept for later builds would keep the task assembly of this build loaded.
set MSBUILDDISABLENODEREUSE=1
dotnet run --verbosity quiet eng\Build.cs -- %*
set status=%errorlevel%
popd
exit /b %status%
