using System.Globalization;
using System.Runtime.InteropServices;

namespace Hyperlight.Memory.Linux;

/// <summary>The limits of Linux that bound the number of sandboxes of a process.</summary>
internal static partial class SystemLimits
{
    /// <summary>The open files that each sandbox takes: its virtual machine and its virtual processor.</summary>
    public const int FilesOfSandbox = 2;

    /// <summary>The mappings of memory that each sandbox takes at least: its scratch and the pages of its virtual processor.</summary>
    public const int MappingsOfSandbox = 2;

    // The error numbers that can mean a limit (asm-generic/errno-base.h).
    internal const int TryAgain = 11;
    internal const int NoMemory = 12;
    internal const int SystemFiles = 23;
    internal const int ProcessFiles = 24;

    /// <summary>The name of the call in which KVM starts a thread for the virtual machine.</summary>
    public const string RunOfGuest = "KVM_RUN";

    // The limit counts a few mappings that /proc does not show, and other threads map and unmap meanwhile.
    private const int FewMappings = 64;

    // RLIMIT_NOFILE of asm-generic/resource.h.
    private const int OpenFiles = 7;

    private const string MaxMapCount = "/proc/sys/vm/max_map_count";

    /// <summary>Finds out whether the process may ever have a number of sandboxes.</summary>
    /// <param name="count">The number.</param>
    /// <returns>HL5013; <c>null</c> if no limit is too low.</returns>
    public static Finding? Check(int count) => Check(count, MostFiles(), MostMappings());

    /// <summary>Finds out whether the process may ever have a number of sandboxes, with limits that are given.</summary>
    internal static Finding? Check(int count, long mostFiles, long mostMappings)
    {
        if ((long)count * FilesOfSandbox > mostFiles)
        {
            return Rules.LimitReached.FoundText(
                $"{count} sandboxes need {(long)count * FilesOfSandbox}, and the process may have {FileLimit(mostFiles)}");
        }

        return (long)count * MappingsOfSandbox > mostMappings
            ? Rules.LimitReached.FoundText(
                $"{count} sandboxes need {(long)count * MappingsOfSandbox} or more, and the process may have {MappingLimit(mostMappings)}")
            : null;
    }

    /// <summary>Explains a failure for which a limit is the reason.</summary>
    /// <param name="operation">The name of the call that failed.</param>
    /// <param name="error">The error number.</param>
    /// <returns>HL5013; <c>null</c> if no limit is the reason.</returns>
    public static Finding? Explain(string operation, int error) => error switch
    {
        ProcessFiles => Refused(operation, $"the process may have {FileLimit(MostFiles())}"),
        SystemFiles => Refused(
            operation,
            "the system may have no more open files: raise the limit ('sudo sysctl fs.file-max=…'), or close files of other programs."),
        NoMemory when MostMappings() is var most && CountLines("/proc/self/maps") > most - FewMappings =>
            Refused(operation, $"the process may have {MappingLimit(most)}"),
        TryAgain when operation == RunOfGuest => Refused(
            operation,
            "the kernel cannot start its thread for the virtual machine: raise the limit of threads ('ulimit -u', pids.max of the "
                + "container, 'sudo sysctl kernel.threads-max=…'), or have fewer sandboxes at once."),
        _ => null,
    };

    private static Finding Refused(string operation, string reason) => Rules.LimitReached.FoundText($"{operation} was refused, {reason}");

    private static string FileLimit(long most) =>
        $"{most} open files: raise the limit ('ulimit -n', LimitNOFILE of a systemd unit, '--ulimit nofile=…' of a container), "
            + "or have fewer sandboxes at once.";

    private static string MappingLimit(long most) =>
        $"{most} mappings: raise the limit ('sudo sysctl vm.max_map_count={2 * most}'), or have fewer sandboxes at once.";

    // Asked of the kernel, because no file can be opened where the limit is reached.
    private static long MostFiles() => GetLimit(OpenFiles, out Limit limit) == 0 && limit.Current <= long.MaxValue
        ? (long)limit.Current
        : long.MaxValue;

    // A file of /proc cannot be read in some containers, or where no more files can be opened. The limit counts as absent then, because
    // the failure that is explained matters more.
    private static long MostMappings() => OrNull(() => long.Parse(File.ReadAllText(MaxMapCount), CultureInfo.InvariantCulture))
        ?? long.MaxValue;

    private static long CountLines(string path) => OrNull(() => File.ReadLines(path).LongCount()) ?? 0;

    private static long? OrNull(Func<long> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    /// <summary>struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Current;
        public ulong Maximum;
    }
}
