using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary>
/// The calls of Windows for processes, jobs and views of other processes. Names and numbers are those of <c>processthreadsapi.h</c>,
/// <c>jobapi2.h</c>, <c>memoryapi.h</c> and <c>winnt.h</c>.
/// </summary>
internal static unsafe partial class ProcessApi
{
    public const uint Suspended = 0x4;
    public const uint UnicodeEnvironment = 0x400;
    public const uint NoWindow = 0x0800_0000;

    /// <summary>The startup information has attributes.</summary>
    public const uint HasAttributes = 0x8_0000;

    /// <summary>PROC_THREAD_ATTRIBUTE_JOB_LIST of Windows 10 and later: the jobs that a process belongs to from its creation on.</summary>
    public const nuint Jobs = 0x2_000D;

    /// <summary>The class of <see cref="JobLimits"/>.</summary>
    public const int ExtendedLimits = 9;

    /// <summary>Ends all processes of a job when the last handle of the job is closed.</summary>
    public const uint KillOnClose = 0x2000;

    /// <summary>The result of a wait for an object that is signaled. A process is signaled once it has ended.</summary>
    public const uint Signaled = 0;

    /// <summary>Starts a program. Windows may write to the command line.</summary>
    [LibraryImport("kernel32", EntryPoint = "CreateProcessW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial int Create(
        string program,
        char* commandLine,
        void* processSecurity,
        void* threadSecurity,
        int inheritsHandles,
        uint flags,
        char* environment,
        string directory,
        StartupInformation* startup,
        ProcessInformation* information);

    [LibraryImport("kernel32", EntryPoint = "TerminateProcess", SetLastError = true)]
    public static partial int Terminate(SafeProcessHandle process, uint exitCode);

    [LibraryImport("kernel32", EntryPoint = "WaitForSingleObject", SetLastError = true)]
    public static partial uint Wait(SafeProcessHandle process, uint milliseconds);

    [LibraryImport("kernel32", EntryPoint = "CreateJobObjectW", SetLastError = true)]
    public static partial SafeWaitHandle CreateJob(void* security, char* name);

    [LibraryImport("kernel32", EntryPoint = "SetInformationJobObject", SetLastError = true)]
    public static partial int SetJob(SafeWaitHandle job, int kind, JobLimits* limits, uint size);

    /// <summary>Prepares a list of attributes, or tells the size of the list if there is no list.</summary>
    [LibraryImport("kernel32", EntryPoint = "InitializeProcThreadAttributeList", SetLastError = true)]
    public static partial int CreateAttributes(void* list, uint count, uint flags, nuint* size);

    /// <summary>Adds an attribute. The value must stay where it is until the list is deleted.</summary>
    [LibraryImport("kernel32", EntryPoint = "UpdateProcThreadAttribute", SetLastError = true)]
    public static partial int SetAttribute(
        void* list, uint flags, nuint kind, void* value, nuint size, void* previousValue, nuint* returnSize);

    [LibraryImport("kernel32", EntryPoint = "DeleteProcThreadAttributeList")]
    public static partial void DeleteAttributes(void* list);

    /// <summary>Maps a view of a section into a process. A size of 0 is the whole section.</summary>
    [LibraryImport("kernelbase", EntryPoint = "MapViewOfFile3", SetLastError = true)]
    public static partial void* Map(
        SafeMemoryMappedFileHandle section,
        SafeProcessHandle process,
        void* address,
        ulong offset,
        nuint size,
        uint kind,
        uint protection,
        void* parameters,
        uint parameterCount);

    /// <summary>Unmaps a view from a process.</summary>
    [LibraryImport("kernelbase", EntryPoint = "UnmapViewOfFile2", SetLastError = true)]
    public static partial int Unmap(SafeProcessHandle process, void* address, uint flags);
}
