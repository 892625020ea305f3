using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Hypervisors.Whp;
using Hyperlight.Memory.Linux;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>
/// The library of tests/whp-shim: the functions of the Windows Hypervisor Platform on KVM, and functions by which tests steer and watch
/// them. On Linux this class lets the runtime find the library; on Windows (Wine) the loader does.
/// </summary>
internal static partial class WhpShim
{
    /// <summary>The environment variable that names another library than the one of this repository.</summary>
    public const string PathVariable = "HYPERLIGHT_WHP_SHIM";

    private const string Name = "WinHvPlatform";
    private const string ModeVariable = "HYPERLIGHT_TEST_HYPERVISOR";

    /// <summary>Gets the path of the library on Linux.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable(PathVariable)
        ?? System.IO.Path.Combine(Repository.Root, "artifacts", "whp-shim", "linux", "libWinHvPlatform.so");

    /// <summary>Gets whether the library is there, although it may pretend that there is no hypervisor.</summary>
    public static bool IsThere => OperatingSystem.IsWindows() || File.Exists(Path);

    /// <summary>Gets the reason why no test can use the library here; <c>null</c> if tests can.</summary>
    public static string? Missing =>
        !IsThere ? $"need WhpShim: {Path} is not there; ./build.sh test builds it"
        : Hypervisor.Check() is { } finding ? $"need WhpShim: {finding}"
        : null;

    /// <summary>Gets the Windows backend over the library.</summary>
    public static IHypervisor Backend { get; } = OperatingSystem.IsWindows() ? Hypervisor.Chosen : Create(new FakeProcesses());

    /// <summary>Creates a Windows backend over the library with other sources of memory.</summary>
    public static WhpHypervisor Create(IMemorySources sources) => new(new LinuxHostMemory(), sources, () => new EventDescriptor());

    /// <summary>Gets the number of objects of a kind that were created and not deleted.</summary>
    [LibraryImport(Name, EntryPoint = "whpshim_live")]
    public static partial uint Live(WhpObject kind);

    /// <summary>Lets a call of a function fail.</summary>
    /// <param name="function">The name of the function.</param>
    /// <param name="number">The number of the call, 1 for the next; 0 lets no call fail.</param>
    /// <param name="result">The result of the call.</param>
    [LibraryImport(Name, EntryPoint = "whpshim_fail", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void Fail(string? function, uint number, int result);

    /// <summary>Gets how often a function was called; <c>null</c> for all functions.</summary>
    [LibraryImport(Name, EntryPoint = "whpshim_calls", StringMarshalling = StringMarshalling.Utf8)]
    public static partial ulong Calls(string? function);

    /// <summary>Gets the last calls with their arguments and results, one a line.</summary>
    public static string Log()
    {
        byte[] text = new byte[1 << 20];
        return Encoding.ASCII.GetString(text, 0, (int)Math.Min(ReadLog(text, (uint)text.Length), (uint)text.Length));
    }

    [LibraryImport(Name, EntryPoint = "whpshim_clear_log")]
    public static partial void ClearLog();

    /// <summary>Lets the library behave as on another Windows.</summary>
    [LibraryImport(Name, EntryPoint = "whpshim_pretend")]
    public static partial void Pretend(WhpPretence pretence);

    /// <summary>Ends the next runs with Canceled although nobody asked for it.</summary>
    [LibraryImport(Name, EntryPoint = "whpshim_spurious_cancels")]
    public static partial void CancelSpuriously(uint count);

    /// <summary>Makes each cancel take longer, so that others meet it.</summary>
    [LibraryImport(Name, EntryPoint = "whpshim_delay_cancel")]
    public static partial void DelayCancels(uint microseconds);

    /// <summary>Makes a number known as the handle of a process. The memory of the process is that of this process.</summary>
    [LibraryImport(Name, EntryPoint = "whpshim_add_process")]
    public static partial void AddProcess(nint process);

    [LibraryImport(Name, EntryPoint = "whpshim_remove_process")]
    public static partial void RemoveProcess(nint process);

    [LibraryImport(Name, EntryPoint = "whpshim_log")]
    private static partial uint ReadLog([Out] byte[] buffer, uint size);

    [ModuleInitializer]
    internal static void Prepare()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (Assembly assembly in (Assembly[])[typeof(Hypervisor).Assembly, typeof(WhpShim).Assembly])
        {
            NativeLibrary.SetDllImportResolver(assembly, Resolve);
        }

        string? mode = Environment.GetEnvironmentVariable(ModeVariable);
        Hypervisor.Chosen = mode switch
        {
            null or "" or "kvm" => Hypervisor.Chosen,
            "whp" => Backend,
            _ => throw new InvalidOperationException($"{ModeVariable} is '{mode}' and must be 'kvm' or 'whp'"),
        };
    }

    // Of all libraries only the one of the platform is found in another place than usual.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name == Name && IsThere ? NativeLibrary.Load(Path) : 0;
}
