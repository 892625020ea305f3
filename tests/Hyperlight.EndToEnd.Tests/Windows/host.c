// dotnet.exe for tests: starts the .NET of the folder ROOT, as the program dotnet of the .NET SDK does. The packages of .NET have no such
// program for Windows. There is no C library: this file declares the five functions of Windows that it uses.
typedef unsigned short character;
typedef int (*entry)(int count, character **arguments, const character *program, const character *root, const character *assembly);

__declspec(dllimport) character *GetCommandLineW(void);
__declspec(dllimport) character **CommandLineToArgvW(const character *line, int *count);
__declspec(dllimport) void *LoadLibraryW(const character *path);
__declspec(dllimport) void *GetProcAddress(void *library, const char *name);
__declspec(dllimport) void ExitProcess(unsigned status);

void start(void)
{
    int count;
    character **arguments = CommandLineToArgvW(GetCommandLineW(), &count);
    void *library = LoadLibraryW(ROOT L"\\hostfxr.dll");
    if (!library)
        ExitProcess(250);
    entry run = (entry)GetProcAddress(library, "hostfxr_main_startupinfo");
    ExitProcess(run(count, arguments, ROOT L"\\dotnet.exe", ROOT, ROOT L"\\dotnet.dll"));
}
