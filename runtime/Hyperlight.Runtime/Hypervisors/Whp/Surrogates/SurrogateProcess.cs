using System.Runtime.InteropServices;
using Hyperlight.Memory.Windows;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary>A suspended process that never runs and holds views of memory.</summary>
internal sealed unsafe class SurrogateProcess : IDisposable
{
    private readonly int _id;

    private SurrogateProcess(in ProcessInformation information)
    {
        Handle = new(information.Process, ownsHandle: true);
        _id = information.ProcessId;
    }

    /// <summary>Gets the handle of the process.</summary>
    public SafeProcessHandle Handle { get; }

    /// <summary>Gets whether somebody has ended the process.</summary>
    public bool HasEnded => ProcessApi.Wait(Handle, 0) == ProcessApi.Signaled;

    /// <summary>Starts a process that ends with the job, to which the process belongs from its first moment on.</summary>
    /// <exception cref="HypervisorException">HL5007: Windows refuses.</exception>
    public static SurrogateProcess Start(SurrogateProgram program, SafeWaitHandle job)
    {
        // The list needs some dozens of bytes.
        nuint size = 0;
        _ = ProcessApi.CreateAttributes(null, 1, 0, &size);
        byte* attributes = stackalloc byte[checked((int)size)];
        if (ProcessApi.CreateAttributes(attributes, 1, 0, &size) == 0)
        {
            throw SurrogateError.NotStarted("InitializeProcThreadAttributeList", Marshal.GetLastPInvokeError());
        }

        try
        {
            // Sound: the pool keeps the job, and the list is deleted before this method ends.
            nint jobs = job.DangerousGetHandle();
            return ProcessApi.SetAttribute(attributes, 0, ProcessApi.Jobs, &jobs, (nuint)sizeof(nint), null, null) != 0
                ? Start(program, attributes)
                : throw SurrogateError.NotStarted("UpdateProcThreadAttribute", Marshal.GetLastPInvokeError());
        }
        finally
        {
            ProcessApi.DeleteAttributes(attributes);
        }
    }

    /// <summary>Maps memory into the process.</summary>
    /// <returns>The address in the process.</returns>
    /// <exception cref="HypervisorException">HL5007: the process has ended.</exception>
    /// <exception cref="HyperlightException">Windows refuses.</exception>
    public ulong Map(WindowsMemory memory)
    {
        uint protection = memory.IsReadOnly ? MemoryApi.PageReadOnly : MemoryApi.PageReadWrite;
        void* address = ProcessApi.Map(memory.Section, Handle, null, 0, 0, 0, protection, null, 0);
        if (address is null)
        {
            string reason = Marshal.GetLastPInvokeErrorMessage().TrimEnd('.');
            throw HasEnded
                ? SurrogateError.Ended(_id)
                : new HyperlightException(
                    $"{ByteSize.ToText(memory.Size)} of a guest's memory cannot be mapped into a surrogate process: {reason}. "
                    + "Dispose sandboxes that nobody needs, end other programs, or enlarge the paging file.");
        }

        return (ulong)address;
    }

    /// <summary>Unmaps memory from the process.</summary>
    /// <param name="address">The address that <see cref="Map"/> has returned.</param>
    /// <returns>Whether the memory is unmapped.</returns>
    public bool TryUnmap(ulong address) => ProcessApi.Unmap(Handle, (void*)address, 0) != 0;

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        _ = ProcessApi.Terminate(Handle, 0);
        Handle.Dispose();
    }

    private static SurrogateProcess Start(SurrogateProgram program, void* attributes)
    {
        // The argument tells processes apart for whoever lists them. The process gets nothing of this program: neither its environment, nor
        // its handles, nor its folder.
        string arguments = $"\"{program.Path}\" {Guid.NewGuid():N}\0";
        StartupInformation startup = new() { Size = (uint)sizeof(StartupInformation), Attributes = attributes };
        ProcessInformation information;
        int created;
        fixed (char* commandLine = arguments.ToCharArray(), environment = "\0\0")
        {
            created = ProcessApi.Create(
                program.Path,
                commandLine,
                null,
                null,
                inheritsHandles: 0,
                ProcessApi.Suspended | ProcessApi.NoWindow | ProcessApi.UnicodeEnvironment | ProcessApi.HasAttributes,
                environment,
                Environment.SystemDirectory,
                &startup,
                &information);
        }

        if (created == 0)
        {
            throw SurrogateError.NotStarted("CreateProcess", Marshal.GetLastPInvokeError());
        }

        new SafeWaitHandle(information.Thread, ownsHandle: true).Dispose();
        return new(information);
    }
}
