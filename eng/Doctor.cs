// Finds out whether this machine can run guests of Hyperlight.Sdk, and says what to do if not. Everything is in this one file, so that the
// file can be copied: dotnet run Doctor.cs needs the .NET 10 SDK and no package.
//
// On Linux the program checks KVM: the processor, the device, what KVM can do, limits of the process, and a guest of a few bytes.
// On Windows the program checks the Windows Hypervisor Platform. The checks have the numbers of docs/abi/whp.md, section 13: what the
// platform does where its documentation says nothing. Please report the last part of the output, between the two lines of dashes.
//
//   --surrogates COUNT   the number of surrogate processes to start (Windows; 513 unless given, 0 for none)
//   --device PATH        another device than /dev/kvm (Linux)
//   --whp                on Linux, the checks of Windows with the library libWinHvPlatform.so that LD_LIBRARY_PATH leads to
//
// The exit code is 0 if guests can run, 1 if they cannot, 2 for arguments that nobody knows.
#:property PublishAot=false
#:property AllowUnsafeBlocks=true

using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using System.Text.Json;

// On Windows a file of the same name beside the program is never loaded.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.System32)]

Report report = new();
string device = "/dev/kvm";
int surrogates = 513;
bool isWindows = OperatingSystem.IsWindows();
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--whp":
            isWindows = true;
            break;
        case "--device" when i + 1 < args.Length:
            device = args[++i];
            break;
        case "--surrogates" when i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out surrogates):
            i++;
            break;
        default:
            Console.Error.WriteLine("usage: dotnet run Doctor.cs -- [--surrogates COUNT] [--device PATH] [--whp]");
            return 2;
    }
}

// A hypervisor that behaves in an unexpected way may never come back from a guest.
Thread watchdog = new(() =>
{
    Thread.Sleep(TimeSpan.FromMinutes(2));
    report.Add("0", "the checks end within two minutes", "end", "did not end", Outcome.Fails, "Report the output: a check hangs.");
    Environment.Exit(report.Print());
});
watchdog.IsBackground = true;
watchdog.Start();

if (isWindows)
{
    WindowsChecks.Run(report, surrogates);
}
else
{
    LinuxChecks.Run(report, device);
}

return report.Print();

/// <summary>The result of a check.</summary>
internal enum Outcome
{
    /// <summary>The check saw what was expected.</summary>
    Ok,

    /// <summary>The check saw something for which nothing is expected.</summary>
    Note,

    /// <summary>The check saw something else than expected; guests can run all the same.</summary>
    Differs,

    /// <summary>The check could not be made.</summary>
    Skipped,

    /// <summary>Guests cannot run.</summary>
    Fails,
}

/// <summary>A row of the report.</summary>
internal sealed record Check(string Number, string Name, string Expected, string Seen, Outcome Outcome, string? Advice);

/// <summary>Collects checks, and prints them as a table, as advice, and as JSON for a report.</summary>
internal sealed class Report
{
    private readonly List<Check> _checks = [];

    public bool CanRun => !_checks.Exists(check => check.Outcome == Outcome.Fails);

    public void Add(string number, string name, string expected, string seen, Outcome outcome, string? advice = null)
    {
        lock (_checks)
        {
            _checks.Add(new(number, name, expected, seen, outcome, advice));
        }

        Console.Error.WriteLine($"{number} {name}: {seen}");
    }

    /// <summary>Adds a check without which guests cannot run.</summary>
    /// <returns>Whether the check saw what was expected.</returns>
    public bool Need(string number, string name, string expected, string seen, bool isExpected, string advice)
    {
        Add(number, name, expected, seen, isExpected ? Outcome.Ok : Outcome.Fails, isExpected ? null : advice);
        return isExpected;
    }

    /// <summary>Adds a check that guests can do without.</summary>
    public void Compare(string number, string name, string expected, string seen, bool isExpected, string? advice = null) =>
        Add(number, name, expected, seen, isExpected ? Outcome.Ok : Outcome.Differs, isExpected ? null : advice);

    /// <summary>Makes checks. An exception is the last of them.</summary>
    public void Try(string number, string name, Outcome otherwise, Action checks)
    {
        try
        {
            checks();
        }
        catch (Exception exception) when (exception is RefusedException or IOException or EntryPointNotFoundException)
        {
            Add(number, name, "no refusal", exception.Message, otherwise);
        }
    }

    /// <summary>Prints the report.</summary>
    /// <returns>The exit code.</returns>
    public int Print()
    {
        Check[] checks;
        lock (_checks)
        {
            checks = [.. _checks.OrderBy(check => double.Parse(check.Number, CultureInfo.InvariantCulture))];
        }

        StringBuilder text = new("\n");
        string[][] rows =
        [
            ["no.", "result", "check", "expected", "seen"],
            .. checks.Select(check => (string[])[check.Number, Word(check.Outcome), check.Name, check.Expected, check.Seen]),
        ];
        int[] widths = [.. Enumerable.Range(0, 4).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            text.AppendLine(string.Concat(widths.Select((width, column) => row[column].PadRight(width + 2))) + row[4]);
        }

        string[] advice =
            [.. checks.Where(check => check.Advice is not null).Select(check => $"{check.Number}: {check.Advice}").Distinct()];
        text.AppendLine(advice.Length == 0 ? "" : "\nWhat to do:\n" + string.Join(Environment.NewLine, advice) + "\n");
        text.AppendLine(CanRun ? "Guests can run here." : "Guests cannot run here.");
        text.AppendLine("The part between the two lines of dashes is for a report.");
        text.AppendLine("\n----- hyperlight doctor -----").AppendLine(ToJson(checks)).Append("-----------------------------");
        Console.WriteLine(text);
        return CanRun ? 0 : 1;
    }

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Ok => "ok",
        Outcome.Fails => "FAILS",
        _ => outcome.ToString().ToLowerInvariant(),
    };

    // Lines that begin with a check are short enough to be sent by mail.
    private string ToJson(Check[] checks)
    {
        StringBuilder json = new("{\n");
        json.Append(CultureInfo.InvariantCulture, $"\"system\": {Quote(RuntimeInformation.OSDescription)},\n");
        json.Append(CultureInfo.InvariantCulture, $"\"runtime\": {Quote($"{RuntimeInformation.FrameworkDescription} {Architecture}")},\n");
        json.Append(CultureInfo.InvariantCulture, $"\"processor\": {Quote(Processor.Describe())},\n");
        json.Append(CultureInfo.InvariantCulture, $"\"guestsCanRun\": {(CanRun ? "true" : "false")},\n\"checks\": [\n");
        json.AppendJoin(",\n", checks.Select(check =>
            $"[{Quote(check.Number)}, {Quote(Word(check.Outcome))}, {Quote(check.Name)}, {Quote(check.Expected)}, {Quote(check.Seen)}]"));
        return json.Append("\n]\n}").ToString();
    }

    private static string Architecture => RuntimeInformation.ProcessArchitecture.ToString();

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}

/// <summary>A hypervisor or the operating system refused something.</summary>
internal sealed class RefusedException(string message) : Exception(message);

/// <summary>The processor of this machine.</summary>
internal static class Processor
{
    /// <summary>Gets the vendor, and family, model and stepping as CPUID leaf 1 has them.</summary>
    public static string Describe()
    {
        if (!X86Base.IsSupported)
        {
            return "not x86";
        }

        (_, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
        byte[] vendor = new byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(vendor, ebx);
        BinaryPrimitives.WriteInt32LittleEndian(vendor.AsSpan(4), edx);
        BinaryPrimitives.WriteInt32LittleEndian(vendor.AsSpan(8), ecx);
        return $"{Encoding.ASCII.GetString(vendor)} {X86Base.CpuId(1, 0).Eax:X8}";
    }
}

/// <summary>
/// Memory of a guest in 64-bit mode. Virtual and physical addresses are equal, and the page tables allow everything, so that the
/// hypervisor alone refuses an access.
/// </summary>
internal sealed unsafe class GuestMemory : IDisposable
{
    public const int Size = 0x10000;
    public const ulong PageTables = 0x1000;
    public const ulong PageTables32 = 0x3000;
    public const ulong Data = 0x4000;
    public const ulong StackTop = 0x6000;
    public const ulong Code = 0x8000;

    /// <summary>The address of a page of its own, for what the guest may not do.</summary>
    public const ulong OtherPage = 0x20000;

    /// <summary>An address without memory.</summary>
    public const ulong Nothing = 0x100000;

    private const int PageSize = 0x1000;
    private readonly bool _isOwned;

    public GuestMemory()
        : this((byte*)NativeMemory.AlignedAlloc(Size + PageSize, PageSize)) => _isOwned = true;

    /// <summary>Uses memory that is there, of <see cref="Size"/> bytes and a page.</summary>
    public GuestMemory(byte* start)
    {
        Start = start;
        new Span<byte>(Start, Size + PageSize).Clear();
        ulong* tables = (ulong*)(Start + PageTables);
        tables[0] = (PageTables + PageSize) | 3;           // present, writable
        tables[512] = (PageTables + (2 * PageSize)) | 3;
        tables[1024] = 0x83;                               // present, writable, 2 MiB at address 0; for 32-bit code 4 MiB
        for (int i = 0; i < 256; i++)
        {
            Start[Data + (ulong)i] = DataAt(i);
        }

        Start[Size] = 0xF4;                                // HLT at the start of the other page
    }

    public byte* Start { get; }

    public byte* OtherPageStart => Start + Size;

    public static byte DataAt(int index) => (byte)(index * 7);

    public void Load(ReadOnlySpan<byte> code) => code.CopyTo(new Span<byte>(Start + Code, PageSize));

    public void Dispose()
    {
        if (_isOwned)
        {
            NativeMemory.AlignedFree(Start);
        }
    }
}

/// <summary>How a processor starts.</summary>
internal enum Mode
{
    /// <summary>64-bit mode.</summary>
    Long,

    /// <summary>32-bit protected mode with paging.</summary>
    Paged32,

    /// <summary>16-bit real mode.</summary>
    Real,
}

/// <summary>Registers after a guest has stopped.</summary>
/// <param name="Exit">Why the guest stopped; <c>halt</c> for HLT.</param>
/// <param name="General">The registers of <see cref="Registers.Names"/>.</param>
/// <param name="Special">The code segment and the control registers, in words.</param>
internal sealed record Stop(string Exit, ulong[] General, string Special);

/// <summary>Check 10: guests that must end with the same registers on every hypervisor.</summary>
internal static class SameResult
{
    private const ulong Basis = 0xCBF29CE484222325;
    private const ulong Prime = 0x100000001B3;

    // Hashes memory (FNV-1a), multiplies, copies memory through an SSE register, and uses the stack and the flags.
    private static ReadOnlySpan<byte> ComputingCode =>
    [
        0xBE, 0x00, 0x40, 0x00, 0x00,                                // mov esi, Data
        0xB9, 0x00, 0x01, 0x00, 0x00,                                // mov ecx, 256
        0x48, 0xB8, 0x25, 0x23, 0x22, 0x84, 0xE4, 0x9C, 0xF2, 0xCB,  // mov rax, Basis
        0x48, 0xBB, 0xB3, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,  // mov rbx, Prime
        0x0F, 0xB6, 0x16,                                            // next: movzx edx, byte [rsi]
        0x48, 0x31, 0xD0,                                            // xor rax, rdx
        0x48, 0x0F, 0xAF, 0xC3,                                      // imul rax, rbx
        0x48, 0xFF, 0xC6,                                            // inc rsi
        0xFF, 0xC9,                                                  // dec ecx
        0x75, 0xEF,                                                  // jnz next
        0x49, 0x89, 0xC0,                                            // mov r8, rax
        0x48, 0xF7, 0xE3,                                            // mul rbx
        0x0F, 0x10, 0x04, 0x25, 0x00, 0x40, 0x00, 0x00,              // movups xmm0, [Data]
        0x0F, 0x11, 0x04, 0x25, 0x00, 0x50, 0x00, 0x00,              // movups [0x5000], xmm0
        0x48, 0x8B, 0x3C, 0x25, 0x08, 0x50, 0x00, 0x00,              // mov rdi, [0x5008]
        0x83, 0xF9, 0x01,                                            // cmp ecx, 1
        0x9C,                                                        // pushfq
        0x41, 0x5A,                                                  // pop r10
        0xF4,                                                        // hlt
    ];

    private static ReadOnlySpan<byte> SseCode =>
    [
        0x66, 0x48, 0x0F, 0x6E, 0xC1,                                // movq xmm0, rcx
        0x66, 0x48, 0x0F, 0x7E, 0xC0,                                // movq rax, xmm0
        0xF4,                                                        // hlt
    ];

    /// <summary>Makes the checks.</summary>
    /// <param name="report">The report.</param>
    /// <param name="run">Runs the code in a memory from <see cref="GuestMemory.Code"/> on, in a new virtual machine.</param>
    public static void Check(Report report, Func<GuestMemory, Mode, Stop> run)
    {
        const string Special = "cs 0:0:0:209B, cr0 80050033, cr3 1000, cr4 620, efer D01";
        Stop computed = Run(ComputingCode, Mode.Long);
        string differences = Registers.Differences(Computed(), computed.General);
        report.Need("10.1", "a guest computes", "halt, registers as computed", computed.Exit
            + (differences.Length == 0 ? ", registers as computed" : $", but {differences}"),
            computed.Exit == "halt" && differences.Length == 0, "Report the output: guests run in another way than on a processor.");
        report.Compare("10.2", "registers of 64-bit mode", Special, computed.Special, computed.Special == Special);
        Halts("10.3", "SSE", SseCode, Mode.Long, "Guests that use SSE instructions fail here: run them on another machine.");
        Halts("10.4", "32-bit code with paging", [0xF4], Mode.Paged32, "Guests of i686-0.15 cannot run here: use another machine.");
        Halts("10.5", "real mode", [0xF4], Mode.Real, "Guests of i686-0.13 cannot run here: use another machine.");

        void Halts(string number, string name, ReadOnlySpan<byte> code, Mode mode, string advice)
        {
            Stop stop = Run(code, mode);
            ulong rip = stop.General[Registers.Rip];
            ulong end = GuestMemory.Code + (ulong)code.Length;
            report.Compare(number, name, $"halt, rip {end:X}", $"{stop.Exit}, rip {rip:X}", stop.Exit == "halt" && rip == end, advice);
        }

        Stop Run(ReadOnlySpan<byte> code, Mode mode)
        {
            using GuestMemory memory = new();
            memory.Load(code);
            return run(memory, mode);
        }
    }

    private static ulong[] Computed()
    {
        ulong hash = Basis;
        for (int i = 0; i < 256; i++)
        {
            hash = (hash ^ GuestMemory.DataAt(i)) * Prime;
        }

        const ulong Flags = 0x97; // CF, PF, AF, SF and the bit that is always set: 0 - 1
        UInt128 product = (UInt128)hash * Prime;
        ulong copy = Enumerable.Range(0, 8).Aggregate(0UL, (value, i) => value | ((ulong)GuestMemory.DataAt(8 + i) << (8 * i)));
        return
        [
            (ulong)product, 0, (ulong)(product >> 64), Prime, GuestMemory.StackTop, 0, GuestMemory.Data + 256, copy,
            hash, 0, Flags, 0, 0, 0, 0, 0, GuestMemory.Code + (ulong)ComputingCode.Length, Flags,
        ];
    }
}

/// <summary>General registers, in the order of the Windows Hypervisor Platform.</summary>
internal static class Registers
{
    public const int Rip = 16;

    public static readonly string[] Names =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags"];

    public static string Differences(ulong[] expected, ulong[] seen) =>
        string.Join(' ', Names.Where((_, i) => seen[i] != expected[i]).Select(
            name => $"{name}={seen[Array.IndexOf(Names, name)]:X}"));
}

/// <summary>The checks of Linux.</summary>
internal static class LinuxChecks
{
    private const int NoEntry = 2, NoDevice = 6, AccessDenied = 13, NotPermitted = 1, NoSuchDevice = 19, IsFolder = 21;

    // Three lists of capabilities: those that Hyperlight.Runtime asks for before the first sandbox, those that images with hardware
    // interrupts need, and those that make guests safer.
    private static readonly (int Number, string Name)[] Needed =
    [
        (3, "KVM_CAP_USER_MEMORY"), (4, "KVM_CAP_SET_TSS_ADDR"), (7, "KVM_CAP_EXT_CPUID"), (37, "KVM_CAP_SET_IDENTITY_MAP_ADDR"),
        (41, "KVM_CAP_VCPU_EVENTS"), (50, "KVM_CAP_DEBUGREGS"), (55, "KVM_CAP_XSAVE"), (74, "KVM_CAP_SYNC_REGS"),
        (81, "KVM_CAP_READONLY_MEM"), (136, "KVM_CAP_IMMEDIATE_EXIT"),
    ];

    private static readonly (int Number, string Name)[] ForInterrupts =
        [(0, "KVM_CAP_IRQCHIP"), (32, "KVM_CAP_IRQFD"), (14, "KVM_CAP_MP_STATE")];

    private static readonly (int Number, string Name)[] ForSafety =
        [(56, "KVM_CAP_XCRS"), (189, "KVM_CAP_X86_MSR_FILTER"), (190, "KVM_CAP_ENFORCE_PV_FEATURE_CPUID")];

    public static void Run(Report report, string path)
    {
        bool isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        if (!report.Need("1.1", "process", "X64", $"{RuntimeInformation.ProcessArchitecture}", isX64, "Use a 64-bit x86 machine, and the "
            + ".NET for it: guests are programs for x86."))
        {
            return;
        }

        int device = Open(report, path);
        bool canTry = device >= 0 && CheckKvm(report, device);
        CheckLimits(report);
        if (canTry)
        {
            report.Try("10", "a guest", Outcome.Fails, () => SameResult.Check(report, (memory, mode) => Kvm.Run(device, memory, mode)));
        }
    }

    private static int Open(Report report, string path)
    {
        string flags = ReadAll("/proc/cpuinfo").Split('\n').FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal), "")
            + " ";
        bool hasFlag = flags.Contains(" vmx ", StringComparison.Ordinal) || flags.Contains(" svm ", StringComparison.Ordinal);
        bool isVirtual = flags.Contains(" hypervisor ", StringComparison.Ordinal);
        bool isContainer = File.Exists("/.dockerenv") || File.Exists("/run/.containerenv")
            || Environment.GetEnvironmentVariable("container") is { Length: > 0 };
        string place = (isVirtual ? ", in a virtual machine" : "") + (isContainer ? ", in a container" : "");
        report.Add("1.2", "virtualization of the processor", "vmx or svm", (hasFlag ? "yes" : "no") + place,
            hasFlag ? Outcome.Ok : Outcome.Note);
        string[] modules = Directory.Exists("/sys/module")
            ? [.. Directory.EnumerateDirectories("/sys/module", "kvm*").Select(folder => Path.GetFileName(folder)).Order()]
            : [];
        report.Add("1.3", "modules of the kernel", "kvm and kvm_intel or kvm_amd", modules is [] ? "none" : string.Join(' ', modules),
            modules.Length > 1 ? Outcome.Ok : Outcome.Note);

        (int device, int error) = Linux.Open(path);
        string enable = isVirtual && !hasFlag
            ? "Let the host of this virtual machine enable nested virtualization."
            : "Enable virtualization in the firmware, and load the module: sudo modprobe kvm_intel, or sudo modprobe kvm_amd.";
        string container = isContainer ? " Then start the container with --device /dev/kvm." : "";
        FileOwner? owner = Linux.OwnerOf(path);
        string group = owner is { MayGroupUse: false }
            ? "Give the device to a group, with a rule of udev: KERNEL==\"kvm\", GROUP=\"kvm\", MODE=\"0660\". Then join the group."
            : $"Join the group of the device ({owner?.GroupName}), and log in again: sudo usermod -aG {owner?.GroupName} $USER. A "
                + $"container needs --group-add {owner?.Group}, a service of systemd SupplementaryGroups={owner?.GroupName}.";
        string advice = error switch
        {
            NoEntry or NoDevice or NoSuchDevice => enable + container,
            AccessDenied => group,
            NotPermitted => "A rule of the container or of a security module forbids the device: start the container with --device "
                + "/dev/kvm.",
            IsFolder => "A container engine made a folder because the host has no such device. Remove the folder. " + enable + container,
            _ => "Look into the kernel log (dmesg).",
        };
        report.Need("2.1", $"{path} opens for reading and writing", "opens",
            device >= 0 ? "opens" : $"errno {error}, {Marshal.GetPInvokeErrorMessage(error)}", device >= 0, advice);
        report.Add("2.2", "owner of the device, and user of this process", "a group in common, or root",
            $"{owner?.ToString() ?? "no such file"}; user {Status("Uid")}, groups {Status("Gid")} {Status("Groups")}".TrimEnd(),
            Outcome.Note);
        return device;
    }

    private static bool CheckKvm(Report report, int device)
    {
        int version = Linux.Ioctl(device, Kvm.GetApiVersion, 0);
        if (!report.Need("3.1", "API version of KVM", "12", version < 0 ? "the device is not KVM" : $"{version}", version == 12, "Use a "
            + "current kernel. A container needs --device /dev/kvm, not another file of that name."))
        {
            return false;
        }

        string[] missing = Missing(device, Needed);
        string[] forInterrupts = Missing(device, ForInterrupts);
        string[] forSafety = Missing(device, ForSafety);
        bool isEnough = report.Need("3.2", "capabilities that every guest needs", "all there", Text(missing), missing is [], "Use Linux "
            + "4.17 or later.");
        report.Compare("3.3", "capabilities for HardwareInterrupts", "all there", Text(forInterrupts), forInterrupts is [],
            "Images with HardwareInterrupts cannot run here: use another machine.");
        report.Compare("3.4", "capabilities for safety", "all there", Text(forSafety), forSafety is [], "Use Linux 5.10 or later, so that "
            + "guests are kept from model-specific registers (docs/security.md).");
        return isEnough;
    }

    private static string[] Missing(int device, (int Number, string Name)[] needed) =>
        [.. needed.Where(pair => Linux.Ioctl(device, Kvm.CheckExtension, pair.Number) <= 0).Select(pair => pair.Name)];

    private static string Text(string[] missing) => missing is [] ? "all there" : "lacks " + string.Join(' ', missing);

    // The numbers that a sandbox takes come from docs/security.md. A program that needs more sandboxes than there is room for raises the
    // limit.
    private static void CheckLimits(Report report)
    {
        const long Enough = 100;
        Limit("4.1", "open files (ulimit -n)", ProcessLimit("Max open files"), once: 100, each: 2);
        Limit("4.2", "mappings (vm.max_map_count)", Number(ReadAll("/proc/sys/vm/max_map_count")), once: 1000, each: 10);
        Limit("4.3", "threads of the user (ulimit -u)", ProcessLimit("Max processes"), once: 50, each: 1);
        Limit("4.4", "threads of the cgroup (pids.max)", ControlGroup("pids", "pids.max", "pids.max"), once: 50, each: 1);
        Limit("4.5", "memory of the cgroup (memory.max)", ControlGroup("memory", "memory.max", "memory.limit_in_bytes"),
            once: 100L << 20, each: 1344L << 10);
        report.Add("4.6", "locked memory (ulimit -l)", "any: guests lock no memory", Text(ProcessLimit("Max locked memory")), Outcome.Ok);

        void Limit(string number, string name, long limit, long once, long each)
        {
            long room = limit == long.MaxValue ? long.MaxValue : Math.Max(0, (limit - once) / each);
            report.Compare(number, name, $"room for {Enough} sandboxes", room == long.MaxValue ? "no limit" : $"{limit}: room for {room}",
                room >= Enough, "Raise the limit if a process is to have as many sandboxes.");
        }

        static string Text(long limit) => limit == long.MaxValue ? "no limit" : $"{limit}";
    }

    private static long ProcessLimit(string name) =>
        ReadAll("/proc/self/limits").Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? Number(line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0])
            : long.MaxValue;

    // The smallest limit of the process's cgroup and of those above, in version 2 or 1 of cgroups.
    private static long ControlGroup(string controller, string file, string formerFile)
    {
        long limit = long.MaxValue;
        foreach (string[] parts in ReadAll("/proc/self/cgroup").Split('\n').Select(line => line.Split(':', 3)))
        {
            if (parts is [_, var controllers, var path] && (controllers.Length == 0 || controllers.Split(',').Contains(controller)))
            {
                bool isVersion2 = controllers.Length == 0;
                string root = isVersion2 ? "/sys/fs/cgroup" : $"/sys/fs/cgroup/{controller}";
                string name = isVersion2 ? file : formerFile;
                for (string folder = root + path; folder.Length >= root.Length; folder = Path.GetDirectoryName(folder)!)
                {
                    limit = Math.Min(limit, Number(ReadAll(Path.Combine(folder, name))));
                }
            }
        }

        return limit;
    }

    // A number above 2^60 is how version 1 of cgroups says that there is no limit.
    private static long Number(string text) =>
        long.TryParse(text.Trim(), CultureInfo.InvariantCulture, out long number) && number < 1L << 60 ? number : long.MaxValue;

    private static string Status(string name) =>
        ReadAll("/proc/self/status").Split('\n').FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal)) is { } line
            ? string.Join(' ', line[(name.Length + 1)..].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Distinct())
            : "unknown";

    private static string ReadAll(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

/// <summary>CR0, CR3, CR4 and EFER.</summary>
internal static class ControlRegisters
{
    public static (ulong Cr0, ulong Cr3, ulong Cr4, ulong Efer) Of(Mode mode) => mode switch
    {
        Mode.Long => (0x80050033, GuestMemory.PageTables, 0x620, 0xD01),
        Mode.Paged32 => (0x80000011, GuestMemory.PageTables32, 0x10, 0),
        _ => (0x10, 0, 0, 0),
    };

    public static string Describe(
        ulong codeStart, uint limit, ushort selector, ushort attributes, (ulong Cr0, ulong Cr3, ulong Cr4, ulong Efer) control) =>
        $"cs {codeStart:X}:{limit:X}:{selector:X}:{attributes:X}, cr0 {control.Cr0:X}, cr3 {control.Cr3:X}, cr4 {control.Cr4:X}, "
            + $"efer {control.Efer:X}";
}

/// <summary>Requests to KVM (linux/kvm.h).</summary>
internal static unsafe class Kvm
{
    public const uint GetApiVersion = 0xAE00;
    public const uint CheckExtension = 0xAE03;
    private const uint CreateVm = 0xAE01, GetVcpuMmapSize = 0xAE04, GetSupportedCpuid = 0xC008AE05, SetUserMemoryRegion = 0x4020AE46;
    private const uint SetTssAddress = 0xAE47, CreateVcpu = 0xAE41, KvmRun = 0xAE80, GetRegs = 0x8090AE81, SetRegs = 0x4090AE82;
    private const uint GetSregs = 0x8138AE83, SetSregs = 0x4138AE84, SetCpuid2 = 0x4008AE90;

    /// <summary>Runs the guest that is in a memory.</summary>
    public static Stop Run(int device, GuestMemory memory, Mode mode)
    {
        int vm = Require(device, CreateVm, null, nameof(CreateVm));
        try
        {
            _ = Linux.Ioctl(vm, SetTssAddress, unchecked((nint)0xFFFBD000)); // Intel processors without unrestricted guests need it.
            ulong* region = stackalloc ulong[4] { 0, 0, GuestMemory.Size, (ulong)memory.Start }; // slot and flags, address, size, source
            Require(vm, SetUserMemoryRegion, region, nameof(SetUserMemoryRegion));
            int vcpu = Require(vm, CreateVcpu, null, nameof(CreateVcpu));
            try
            {
                return Run(device, vcpu, mode);
            }
            finally
            {
                Linux.Close(vcpu);
            }
        }
        finally
        {
            Linux.Close(vm);
        }
    }

    private static Stop Run(int device, int vcpu, Mode mode)
    {
        const int CpuidCount = 256;
        const int CpuidSize = 40;
        uint* cpuid = stackalloc uint[2 + (CpuidCount * CpuidSize / sizeof(uint))];
        cpuid[0] = CpuidCount;
        Require(device, GetSupportedCpuid, cpuid, nameof(GetSupportedCpuid));
        Require(vcpu, SetCpuid2, cpuid, nameof(SetCpuid2));

        // struct kvm_sregs: CS DS ES FS GS SS TR LDT of 24 bytes, GDT and IDT of 16, CR0 CR2 CR3 CR4 CR8, EFER, APIC base, interrupts.
        // A segment: base (8), limit (4), selector (2), type, present, DPL, D/B, S, L, G, AVL, unusable.
        byte* special = stackalloc byte[312];
        Require(vcpu, GetSregs, special, nameof(GetSregs));
        const int SegmentSize = 24;
        for (int i = 0; i < 6; i++)
        {
            // CS of 64-bit mode has no limit. Outside of 64-bit mode all segments begin at 0.
            (uint limit, byte type) = (mode == Mode.Paged32 ? uint.MaxValue : mode == Mode.Real ? 0xFFFF : 0u, (byte)(i == 0 ? 0xB : 3));
            byte is32 = (byte)(mode == Mode.Paged32 ? 1 : 0);
            byte is64 = (byte)(mode == Mode.Long && i == 0 ? 1 : 0);
            byte isThere = (byte)(mode != Mode.Long || i == 0 ? 1 : 0);
            byte* segment = special + (i * SegmentSize);
            new Span<byte>(segment, SegmentSize).Clear();
            *(uint*)(segment + 8) = limit;
            ReadOnlySpan<byte> attributes = [type, isThere, 0, is32, 1, is64, is32, 0, (byte)(1 - isThere)];
            attributes.CopyTo(new(segment + 14, attributes.Length));
        }

        ulong* control = (ulong*)(special + 224);
        (control[0], control[2], control[3], control[5]) = ControlRegisters.Of(mode);
        Require(vcpu, SetSregs, special, nameof(SetSregs));

        // struct kvm_regs: rax rbx rcx rdx rsi rdi rsp rbp r8 … r15 rip rflags.
        ulong* general = stackalloc ulong[18];
        new Span<ulong>(general, 18).Clear();
        (general[6], general[16], general[17]) = (GuestMemory.StackTop, GuestMemory.Code, 2);
        Require(vcpu, SetRegs, general, nameof(SetRegs));

        int size = Require(device, GetVcpuMmapSize, null, nameof(GetVcpuMmapSize));
        byte* run = Linux.Map(size, vcpu);
        while (Linux.Ioctl(vcpu, KvmRun, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() is var error and not (4 or 11)) // interrupted, or try again
            {
                throw new RefusedException($"KVM_RUN: errno {error}, {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }

        const int ExitReasonOffset = 8;
        const uint Halt = 5;
        uint reason = *(uint*)(run + ExitReasonOffset);
        Require(vcpu, GetRegs, general, nameof(GetRegs));
        Require(vcpu, GetSregs, special, nameof(GetSregs));
        int[] order = [0, 2, 3, 1, 6, 7, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
        int attributesSeen = special[14] | (special[18] << 4) | (special[16] << 5) | (special[15] << 7) | (special[21] << 12)
            | (special[19] << 13) | (special[17] << 14) | (special[20] << 15);
        return new(
            reason == Halt ? "halt" : $"exit {reason}",
            [.. order.Select(index => general[index])],
            ControlRegisters.Describe(
                *(ulong*)special, *(uint*)(special + 8), *(ushort*)(special + 12), (ushort)attributesSeen,
                (control[0], control[2], control[3], control[5])));
    }

    private static int Require(int descriptor, uint request, void* argument, string name) =>
        Linux.Ioctl(descriptor, request, (nint)argument) is >= 0 and int answer
            ? answer
            : throw new RefusedException($"{name}: errno {Marshal.GetLastPInvokeError()}, {Marshal.GetLastPInvokeErrorMessage()}");
}

/// <summary>The owner and the permissions of a file.</summary>
internal sealed record FileOwner(uint User, uint Group, string GroupName, int Mode)
{
    private const int GroupReadWrite = 0b110_000;

    public bool MayGroupUse => (Mode & GroupReadWrite) == GroupReadWrite;

    public override string ToString() => $"user {User}, group {Group} ({GroupName}), mode {Convert.ToString(Mode, 8)}";
}

/// <summary>Calls of Linux on x86-64.</summary>
internal static unsafe partial class Linux
{
    private const int ReadWriteCloseOnExec = 0x80002;

    public static (int Descriptor, int Error) Open(string path)
    {
        int descriptor = OpenCore(path, ReadWriteCloseOnExec);
        return (descriptor, descriptor < 0 ? Marshal.GetLastPInvokeError() : 0);
    }

    /// <summary>Gets the owner of a file.</summary>
    /// <returns>The owner; <c>null</c> if there is no such file.</returns>
    public static FileOwner? OwnerOf(string path)
    {
        // struct statx: user at 20, group at 24, mode at 28.
        byte* status = stackalloc byte[256];
        const int CurrentFolder = -100;
        const uint BasicStatistics = 0x7FF;
        if (Statx(CurrentFolder, path, 0, BasicStatistics, status) != 0)
        {
            return null;
        }

        uint group = *(uint*)(status + 24);
        string[] names = File.Exists("/etc/group")
            ? [.. File.ReadLines("/etc/group").Select(line => line.Split(':')).Where(parts => parts is [_, _, var id, ..]
                && id == $"{group}").Select(parts => parts[0])]
            : [];
        return new(*(uint*)(status + 20), group, names is [var name, ..] ? name : $"{group}", *(ushort*)(status + 28) & 0xFFF);
    }

    public static byte* Map(int size, int descriptor)
    {
        const int ReadWrite = 3;
        const int Shared = 1;
        void* address = Mmap(null, (nuint)size, ReadWrite, Shared, descriptor, 0);
        return (nint)address != -1 ? (byte*)address : throw new RefusedException($"mmap: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(int descriptor, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial void Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCore(string path, int flags);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* Mmap(void* address, nuint size, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte* status);
}

/// <summary>The checks of Windows, with the numbers of docs/abi/whp.md, section 13.</summary>
internal static unsafe class WindowsChecks
{
    private const string Enable = "Enable the Windows feature HypervisorPlatform as administrator, and restart: dism /online "
        + "/enable-feature /featurename:HypervisorPlatform /all";

    private const string Launch = "Enable virtualization in the firmware (in a virtual machine: nested virtualization at its host), run "
        + "bcdedit /set hypervisorlaunchtype auto as administrator, and restart.";

    private const ulong At = GuestMemory.Code;

    public static void Run(Report report, int surrogates)
    {
        if (!CheckFeature(report))
        {
            return;
        }

        report.Try("1.7", "the XSAVE state", Outcome.Differs, () => CheckXsave(report));
        report.Try("10", "a guest", Outcome.Fails, () => SameResult.Check(report, RunGuest));
        if (!report.CanRun)
        {
            return;
        }

        report.Try("2", "memory accesses", Outcome.Differs, () => CheckMemory(report));
        report.Try("3", "halt and ports", Outcome.Differs, () => CheckPorts(report));
        report.Try("4", "a second partition", Outcome.Differs, () => CheckSecondPartition(report));
        report.Try("5", "WHvMapGpaRange2", Outcome.Differs, () => CheckMapFromThisProcess(report));
        report.Try("6", "cancellation", Outcome.Differs, () => CheckCancellation(report));
        report.Try("7", "registers that are refused", Outcome.Differs, () => CheckBadRegisters(report));
        report.Try("8", "names of registers", Outcome.Differs, () => CheckRegisterNames(report));
        if (OperatingSystem.IsWindows() && surrogates > 0)
        {
            report.Try("9", "surrogate processes", Outcome.Differs, () => CheckSurrogates(report, surrogates));
        }
        else
        {
            report.Add("9", "surrogate processes", "", "not asked for, or not Windows", Outcome.Skipped);
        }

        report.Try("11", "a run without memory", Outcome.Differs, () => CheckRunWithoutMemory(report));
        report.Try("12", "answers of CPUID", Outcome.Differs, () => CheckCpuid(report));
        if (OperatingSystem.IsWindows())
        {
            report.Try("13", "a temporary file", Outcome.Differs, () => CheckTemporaryFile(report));
        }

        report.Try("14", "a run after a triple fault", Outcome.Differs, () => CheckRunAfterTripleFault(report));
    }

    private static bool CheckFeature(Report report)
    {
        Version version = Environment.OSVersion.Version;
        bool isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        if (!report.Need("1.1", "process", "X64", $"{RuntimeInformation.ProcessArchitecture}", isX64, "Guests are programs for x86: use a "
            + "64-bit x86 machine, and the .NET for it."))
        {
            return false;
        }

        report.Compare("1.2", "version of the system", "10.0.17763 or later", $"{version}", version >= new Version(10, 0, 17763)
            || !OperatingSystem.IsWindows(), "Use Windows 10 1809 or later.");
        bool isLoaded = NativeLibrary.TryLoad("WinHvPlatform", typeof(Whp).Assembly, DllImportSearchPath.System32, out nint library);
        if (!report.Need("1.3", "WinHvPlatform.dll", "loads", isLoaded ? "loads" : "is not there", isLoaded, Enable))
        {
            return false;
        }

        string[] missing =
        [
            .. ((string[])["WHvMapGpaRange2", "WHvResetPartition", "WHvGetVirtualProcessorState"])
                .Where(name => !NativeLibrary.TryGetExport(library, name, out _)),
        ];
        report.Compare("1.4", "newer functions", "all there", missing is [] ? "all there" : "lacks " + string.Join(' ', missing),
            missing is [], "Without WHvMapGpaRange2 a process can have one sandbox at a time: use Windows 11 or Windows Server 2022.");

        (int result, ulong value) = Whp.GetCapability(Whp.HypervisorPresent, sizeof(int));
        if (!report.Need("1.5", "the hypervisor runs", "S_OK, 1", $"{HResult.Name(result)}, {value}", result >= 0 && value == 1, Launch))
        {
            return false;
        }

        const ulong Xsave = 4;
        (result, value) = Whp.GetCapability(Whp.Features, sizeof(ulong));
        return report.Need("1.6", "features", "bit 2 (Xsave)", $"{HResult.Name(result)}, 0x{value:X}", result >= 0 && (value & Xsave) != 0,
            "Use Windows 10 1809 or later.");
    }

    private static Stop RunGuest(GuestMemory memory, Mode mode)
    {
        using Partition partition = new();
        partition.MapAll(memory);
        partition.Prepare(mode);
        Exit exit = partition.Run();
        return new(exit.Reason == Exit.Halt ? "halt" : exit.Name, partition.GetGeneralRegisters(), partition.DescribeSpecialRegisters());
    }

    private static void CheckXsave(Report report)
    {
        using Partition partition = new();
        (int result, uint size) = partition.GetXsaveSize();
        const uint Smallest = 576;
        report.Compare("1.7", "size of the XSAVE state", $"INSUFFICIENT_BUFFER, {Smallest} or more", $"{HResult.Name(result)}, {size}",
            result == HResult.InsufficientBuffer && size >= Smallest);
    }

    private static void CheckMemory(Report report)
    {
        ReadOnlySpan<byte> jump = [0xFF, 0xE0];  // jmp rax
        ReadOnlySpan<byte> read = [0x8A, 0x00];  // mov al, [rax]
        ReadOnlySpan<byte> write = [0x88, 0x08]; // mov [rax], cl
        Access("2.1", "a jump into memory without Execute", jump, GuestMemory.OtherPage, "Execute", 0, Whp.Read);
        Access("2.2", "a jump into nothing", jump, GuestMemory.Nothing, "Execute, unmapped", 0, Whp.Read);
        Access("2.3", "a read of nothing", read, GuestMemory.Nothing, "Read, unmapped", 0, Whp.Read);
        Access("2.4", "a write to memory without Write", write, GuestMemory.OtherPage, "Write", 0, Whp.Read | Whp.Execute);
        Access("2.5", "a write to nothing", write, GuestMemory.Nothing, "Write, unmapped", 0, Whp.Read);

        void Access(string number, string name, ReadOnlySpan<byte> code, ulong address, string kind, int length, uint flags)
        {
            using GuestMemory memory = new();
            using Partition partition = new();
            partition.MapAll(memory);
            partition.Map(null, memory.OtherPageStart, GuestMemory.OtherPage, 0x1000, flags);
            memory.Load(code);
            partition.Prepare(rax: address);
            Exit exit = partition.Run();
            ulong start = kind.StartsWith("Execute", StringComparison.Ordinal) ? address : At;
            string expected = $"MemoryAccess {kind}, GPA {address:X}, RIP +0, length {length}";
            string seen = $"{exit.Name} {exit.Access}, GPA {exit.Gpa:X}, RIP {Offset(exit.Rip, start)}, length {exit.InstructionLength}";
            report.Compare(number, name, expected, seen, seen == expected);
        }
    }

    private static void CheckPorts(Report report)
    {
        Halt("3.1", "HLT", [0xF4]);
        Port("3.2", "OUT 0x10, AL", [0xE6, 0x10], "OUT port 10, 1 byte, data 44, RIP +0, length 2");
        Port("3.3", "OUT DX, AL", [0xEE], "OUT port 1234, 1 byte, data 44, RIP +0, length 1");
        Port("3.4", "OUT DX, AX", [0x66, 0xEF], "OUT port 1234, 2 byte, data 3344, RIP +0, length 2");
        Port("3.5", "OUT DX, EAX", [0xEF], "OUT port 1234, 4 byte, data 11223344, RIP +0, length 1");
        Port("3.6", "IN AL, DX", [0xEC], "IN port 1234, 1 byte, data 44, RIP +0, length 1");

        Exit Enter(ReadOnlySpan<byte> code)
        {
            using GuestMemory memory = new();
            using Partition partition = new();
            partition.MapAll(memory);
            memory.Load(code);
            partition.Prepare(rax: 0x11223344, rdx: 0x1234);
            return partition.Run();
        }

        void Halt(string number, string name, ReadOnlySpan<byte> code)
        {
            Exit exit = Enter(code);
            report.Compare(number, name, "X64Halt, RIP +1", $"{exit.Name}, RIP {Offset(exit.Rip, At)}",
                exit.Reason == Exit.Halt && exit.Rip == At + 1);
        }

        void Port(string number, string name, ReadOnlySpan<byte> code, string expected)
        {
            Exit exit = Enter(code);
            string seen = $"{exit.Port}, RIP {Offset(exit.Rip, At)}, length {exit.InstructionLength}";
            report.Compare(number, name, expected, exit.Reason == Exit.IoPort ? seen : exit.Name, seen == expected);
        }
    }

    private static void CheckSecondPartition(Report report)
    {
        using GuestMemory memory = new();
        using (Partition first = new())
        {
            first.MapAll(memory);
            using Partition second = new();
            int result = second.TryMap(null, memory.Start, 0, GuestMemory.Size, Whp.All);
            report.Compare("4.1", "WHvMapGpaRange in a second partition", HResult.Name(HResult.PartitionAlreadyExists),
                HResult.Name(result), result == HResult.PartitionAlreadyExists);
        }

        using Partition next = new();
        int nextResult = next.TryMap(null, memory.Start, 0, GuestMemory.Size, Whp.All);
        report.Compare("4.2", "WHvMapGpaRange after the first partition is deleted", "S_OK", HResult.Name(nextResult), nextResult >= 0);
    }

    private static void CheckMapFromThisProcess(Report report)
    {
        const nint CurrentProcess = -1;
        using GuestMemory memory = new();
        using Partition first = new();
        int result = first.TryMap(CurrentProcess, memory.Start, 0, GuestMemory.Size, Whp.All);
        report.Compare("5.1", "WHvMapGpaRange2 with GetCurrentProcess", "S_OK", HResult.Name(result), result >= 0);
        using Partition second = new();
        result = second.TryMap(CurrentProcess, memory.Start, 0, GuestMemory.Size, Whp.All);
        report.Compare("5.2", "WHvMapGpaRange2 in a second partition", HResult.Name(HResult.PartitionAlreadyExists), HResult.Name(result),
            result == HResult.PartitionAlreadyExists);
    }

    private static void CheckCancellation(Report report)
    {
        using GuestMemory memory = new();
        using Partition partition = new();
        partition.MapAll(memory);
        memory.Load([0xF4, 0xF4]);

        Start();
        partition.Cancel();
        Count("6.1", "a cancel before the run");
        Start();
        partition.Cancel();
        partition.Cancel();
        Count("6.2", "two cancels before the run");
        Start();
        partition.Run();
        partition.Cancel();
        Start();
        Count("6.3", "a cancel after an exit");

        memory.Load([0xEB, 0xFE]); // a loop without end
        Start();
        TimeSpan delay = TimeSpan.FromMilliseconds(50);
        Stopwatch sinceCancel = new();
        Thread canceller = new(() =>
        {
            Thread.Sleep(delay);
            sinceCancel.Start();
            partition.Cancel();
        });
        canceller.Start();
        Exit exit = partition.Run();
        TimeSpan latency = sinceCancel.Elapsed;
        canceller.Join();
        report.Need("6.4", "a cancel during a run", "Canceled, RIP +0", $"{exit.Name}, RIP {Offset(exit.Rip, At)}",
            exit.Reason == Exit.Canceled, "Calls of guests do not end in time. Report the output.");
        report.Add("6.5", "time from the cancel to the exit", "", $"{latency.TotalMicroseconds:F0} microseconds", Outcome.Note);
        memory.Load([0xF4]);
        Start();
        Count("6.6", "the run after that cancel", expected: 0);

        void Start() => partition.Prepare();

        void Count(string number, string name, int expected = 1)
        {
            int count = 0;
            Exit last = partition.Run();
            for (; last.Reason == Exit.Canceled && count < 8; count++)
            {
                last = partition.Run();
            }

            report.Compare(number, name, $"{expected} times Canceled, then X64Halt", $"{count} times Canceled, then {last.Name}",
                count == expected && last.Reason == Exit.Halt);
        }
    }

    private static void CheckBadRegisters(Report report)
    {
        using GuestMemory memory = new();
        memory.Load([0xF4]);
        using (Partition partition = new())
        {
            partition.MapAll(memory);
            int result = partition.SetUnaligned(Whp.Rax, 1);
            report.Add("7.1", "values that are not aligned to 16 bytes", "open: S_OK or E_INVALIDARG", HResult.Name(result), Outcome.Note);
        }

        Bad("7.2", "CR0 with paging and without protection", Whp.Cr0, 0x80000010);
        Bad("7.3", "CR0 with reserved bits", Whp.Cr0, 0xFFFFFFFF80050033);
        Bad("7.4", "EFER without LMA in 64-bit mode", Whp.Efer, 0x101);
        Bad("7.5", "EFER with reserved bits", Whp.Efer, 0xFFFFFFFF00000D01);
        Bad("7.6", "CR4 without PAE in 64-bit mode", Whp.Cr4, 0x600);

        void Bad(string number, string name, uint register, ulong value)
        {
            using Partition partition = new();
            partition.MapAll(memory);
            partition.Prepare();
            int result = partition.TrySet(register, value);
            string seen = result < 0 ? HResult.Name(result) : $"S_OK, then {partition.Run().Name}";
            report.Compare(number, name, "an error, or S_OK, then InvalidVpRegisterValue", seen,
                result < 0 || seen.EndsWith("InvalidVpRegisterValue", StringComparison.Ordinal));
        }
    }

    private static void CheckRegisterNames(Report report)
    {
        using GuestMemory memory = new();
        using Partition partition = new();
        partition.MapAll(memory);
        string[] refused =
        [
            .. Whp.RegisterNames.GroupBy(pair => partition.TryGet(pair.Number, out _), pair => pair.Name).Where(group => group.Key < 0)
                .Select(group => $"{HResult.Name(group.Key)}: {string.Join(' ', group)}"),
        ];
        report.Compare("8.1", "names of registers that are refused", "none", refused is [] ? "none" : string.Join("; ", refused),
            refused is []);

        List<(string Name, uint Number, ulong Value)> written = [];
        List<string> readOnly = [];
        foreach ((string name, uint number, ulong value) in Whp.ModelSpecific)
        {
            if (partition.TrySet(number, value) >= 0 && partition.TryGet(number, out ulong seen) >= 0 && seen == value)
            {
                written.Add((name, number, value));
            }
            else
            {
                readOnly.Add(name);
            }
        }

        report.Compare("8.2", "model-specific registers that cannot be set", "none",
            readOnly is [] ? "none" : string.Join(' ', readOnly), readOnly is []);
        string fixedRegisters = string.Join(' ', Whp.RegisterNames.Where(register => register.Number is >= 0x2000 and < 0x3000
            && partition.TryGet(register.Number, out ulong value) >= 0 && partition.TrySet(register.Number, value) < 0)
            .Select(register => register.Name));
        report.Compare("8.4", "registers that can be read and not be set", "MtrrCap", fixedRegisters, fixedRegisters is "" or "MtrrCap");
        const int Many = 64;
        int many = partition.TryGetMany(Many);
        report.Compare("8.5", $"{Many} registers in one call", "S_OK", HResult.Name(many), many >= 0);
        int result;
        try
        {
            result = partition.Reset();
        }
        catch (EntryPointNotFoundException)
        {
            result = HResult.NotImplemented;
        }

        string[] kept =
        [
            .. written.Where(register => partition.TryGet(register.Number, out ulong now) >= 0 && now == register.Value)
                .Select(register => register.Name),
        ];
        report.Compare("8.3", "registers that survive WHvResetPartition", "S_OK, none",
            $"{HResult.Name(result)}, {(kept is [] ? "none" : string.Join(' ', kept))}", result >= 0 && kept is []);
    }

    // The runtime tries the registers of a snapshot from another hypervisor by a run without memory.
    private static void CheckRunWithoutMemory(Report report)
    {
        using Partition partition = new();
        partition.Prepare();
        Exit exit = partition.Run();
        report.Compare("11.1", "a run without memory", "MemoryAccess or UnrecoverableException",
            $"{exit.Name} {exit.Access}, GPA {exit.Gpa:X}, RIP {Offset(exit.Rip, At)}",
            exit.Reason is Exit.MemoryAccess or Exit.UnrecoverableException);
    }

    private static void CheckCpuid(Report report)
    {
        const uint AddressSizes = 0x8000_0008;
        const uint Answer = 0x3024; // 48 bits of linear addresses, 36 of physical ones
        using GuestMemory memory = new();
        using Partition partition = new((AddressSizes, Answer));
        partition.MapAll(memory);
        memory.Load([0xB8, .. BitConverter.GetBytes(AddressSizes), 0x0F, 0xA2, 0xF4]); // mov eax, AddressSizes; cpuid; hlt
        partition.Prepare();
        Exit exit = partition.Run();
        ulong seen = partition.GetGeneralRegisters()[0];
        report.Compare("12.1", "an answer of CPUID that the host chooses", $"S_OK, X64Halt, {Answer:X}",
            $"{HResult.Name(partition.CpuidResult)}, {exit.Name}, {seen:X}", seen == Answer);
    }

    private static void CheckRunAfterTripleFault(Report report)
    {
        using GuestMemory memory = new();
        using Partition partition = new();
        partition.MapAll(memory);
        memory.Load([0x0F, 0x0B]); // ud2, and there are no handlers
        partition.Prepare();
        Exit fault = partition.Run();
        string activity = partition.TryGet(Whp.InternalActivityState, out ulong state) >= 0 ? $"{state:X}" : "unknown";
        memory.Load([0xF4]);
        partition.Prepare();
        Exit exit = partition.Run();
        report.Compare("14.1", "a triple fault, and a run after it", "UnrecoverableException, X64Halt", $"{fault.Name}, {exit.Name}",
            fault.Reason == Exit.UnrecoverableException && exit.Reason == Exit.Halt);
        report.Add("14.2", "InternalActivityState between them", "", activity, Outcome.Note);
    }

    // Closes a mapped file before its view, as Windows does when it ends a program: handles are closed before memory is freed.
    private static void CheckTemporaryFile(Report report)
    {
        string path = Path.Combine(Path.GetTempPath(), "hyperlight-" + Path.GetRandomFileName());
        using (FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose))
        {
            file.SetLength(0x10000);
            using MemoryMappedFile section = MemoryMappedFile.CreateFromFile(
                file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            using MemoryMappedViewAccessor view = section.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            file.Dispose();
        }

        bool isThere = File.Exists(path);
        report.Compare("13.1", "a file that was mapped when its last handle was closed", "gone", isThere ? "still there" : "gone", !isThere,
            "After a program was killed, delete the files hyperlight-* in the folder of temporary files.");
        if (isThere)
        {
            File.Delete(path);
        }
    }

    // Each partition has memory in a process of its own. All processes see the same section, because only the last guest runs.
    private static void CheckSurrogates(Report report, int wanted)
    {
        using Section section = new(GuestMemory.Size + 0x10000);
        using SurrogateProcesses processes = new();
        using GuestMemory memory = new(section.View);
        memory.Load([0xF4]);
        List<Partition> partitions = [];
        Stopwatch time = Stopwatch.StartNew();
        string end = "all were made";
        try
        {
            while (partitions.Count < wanted)
            {
                nint process = processes.Start(partitions.Count);
                void* view = section.MapInto(process);
                Partition partition = new();
                partitions.Add(partition);
                partition.Map(process, view, 0, GuestMemory.Size, Whp.All);
            }
        }
        catch (RefusedException refusal)
        {
            end = $"number {partitions.Count}: {refusal.Message}";
            partitions.LastOrDefault()?.Dispose();
            partitions.RemoveAt(Math.Max(0, partitions.Count - 1));
        }

        const int Limit = 512;
        int expected = Math.Min(wanted, Limit);
        report.Compare("9.1", "partitions with a process of their own", $"{expected}", $"{partitions.Count}; {end}",
            partitions.Count == expected, "Allow this program in the security software. A program that "
                + "has one sandbox at a time calls Hypervisor.UseSurrogates(0, 0).");
        double each = time.Elapsed.TotalMilliseconds / Math.Max(1, partitions.Count);
        report.Add("9.2", "time for each process and partition", "", $"{each:F1} ms", Outcome.Note);
        if (partitions is [.., var last])
        {
            last.Prepare();
            Exit exit = last.Run();
            report.Compare("9.3", "a guest in the memory of another process", "X64Halt, RIP +1", $"{exit.Name}, RIP {Offset(exit.Rip, At)}",
                exit.Reason == Exit.Halt && exit.Rip == At + 1);
            processes.End(partitions.Count - 1);
            last.Prepare();
            int result = last.TryRun(out exit);
            report.Add("9.4", "a guest whose process was ended", "open: an error or any exit", result < 0
                ? HResult.Name(result)
                : $"{exit.Name}, RIP {Offset(exit.Rip, At)}", Outcome.Note);
        }

        partitions.ForEach(partition => partition.Dispose());
    }

    private static string Offset(ulong address, ulong start) =>
        address - start < 16 ? $"+{address - start}" : $"{address:X}";
}

/// <summary>The reason why a guest was left: WHV_RUN_VP_EXIT_CONTEXT.</summary>
internal readonly unsafe struct Exit
{
    public const uint MemoryAccess = 1, IoPort = 2, UnrecoverableException = 4, Halt = 8, Canceled = 0x2001;

    public Exit(byte* context)
    {
        Reason = *(uint*)context;
        InstructionLength = context[10] & 0xF;
        Rip = *(ulong*)(context + 32);
        uint access = *(uint*)(context + 68);
        Gpa = *(ulong*)(context + 72);
        Access = $"{((access & 3) switch { 0 => "Read", 1 => "Write", _ => "Execute" })}{((access & 4) != 0 ? ", unmapped" : "")}";
        uint size = (access >> 1) & 7;
        ulong mask = size >= 8 ? ulong.MaxValue : (1UL << (int)(8 * size)) - 1;
        string direction = (access & 1) != 0 ? "OUT" : "IN";
        Port = $"{direction} port {*(ushort*)(context + 72):X}, {size} byte, data {*(ulong*)(context + 80) & mask:X}";
    }

    public uint Reason { get; }

    public int InstructionLength { get; }

    public ulong Rip { get; }

    public ulong Gpa { get; }

    public string Access { get; }

    public string Port { get; }

    public string Name => Reason switch
    {
        MemoryAccess => "MemoryAccess",
        IoPort => "X64IoPortAccess",
        UnrecoverableException => "UnrecoverableException",
        5 => "InvalidVpRegisterValue",
        6 => "UnsupportedFeature",
        Halt => "X64Halt",
        Canceled => "Canceled",
        _ => $"exit {Reason:X}",
    };
}

/// <summary>A partition with one virtual processor.</summary>
internal sealed unsafe class Partition : IDisposable
{
    private const int ExitSize = 224;
    private const int ValueSize = 16;
    private const int ValueCount = 32;
    private readonly nint _handle;
    private readonly byte* _buffer = (byte*)NativeMemory.AlignedAlloc(1024, 16);

    public Partition((uint Leaf, uint Eax)? cpuid = null)
    {
        nint handle;
        Require(Whp.WHvCreatePartition(&handle), "WHvCreatePartition");
        _handle = handle;
        uint count = 1;
        const uint ProcessorCount = 0x1FFF;
        Require(Whp.WHvSetPartitionProperty(_handle, ProcessorCount, &count, sizeof(uint)), "WHvSetPartitionProperty");
        if (cpuid is var (leaf, eax))
        {
            const uint CpuidResultList = 0x1004;
            const int EntrySize = 32;
            uint* entry = stackalloc uint[EntrySize / sizeof(uint)] { leaf, 0, 0, 0, eax, 0, 0, 0 };
            CpuidResult = Whp.WHvSetPartitionProperty(_handle, CpuidResultList, entry, EntrySize);
        }

        Require(Whp.WHvSetupPartition(_handle), "WHvSetupPartition");
        Require(Whp.WHvCreateVirtualProcessor(_handle, 0, 0), "WHvCreateVirtualProcessor");
    }

    /// <summary>Gets the result of the call that has chosen an answer of CPUID.</summary>
    public int CpuidResult { get; }

    public void MapAll(GuestMemory memory) => Map(null, memory.Start, 0, GuestMemory.Size, Whp.All);

    public void Map(nint? process, void* source, ulong address, ulong size, uint flags) =>
        Require(TryMap(process, source, address, size, flags), process is null ? "WHvMapGpaRange" : "WHvMapGpaRange2");

    public int TryMap(nint? process, void* source, ulong address, ulong size, uint flags) => process is { } handle
        ? Whp.WHvMapGpaRange2(_handle, handle, source, address, size, flags)
        : Whp.WHvMapGpaRange(_handle, source, address, size, flags);

    /// <summary>Makes the guest's code the next instruction.</summary>
    public void Prepare(Mode mode = Mode.Long, ulong rax = 0, ulong rdx = 0)
    {
        (ulong cr0, ulong cr3, ulong cr4, ulong efer) = ControlRegisters.Of(mode);
        Set([.. Whp.Segments.Select(name => (name, (0UL, Segment(name)))),
            (Whp.Cr0, (cr0, 0)), (Whp.Cr3, (cr3, 0)), (Whp.Cr4, (cr4, 0)), (Whp.Efer, (efer, 0))]);
        Set(
        [
            .. Enumerable.Range(0, 18).Select(name => ((uint)name, (name switch
            {
                0 => rax,
                2 => rdx,
                4 => GuestMemory.StackTop,
                Registers.Rip => GuestMemory.Code,
                17 => 2UL,
                _ => 0UL,
            }, 0UL))),
        ]);

        // Limit (4 bytes), selector (2), attributes (2): type, 0x10 for code and data, 0x80 present, 0x2000 64-bit, 0xC000 32-bit in pages.
        ulong Segment(uint name) => name switch
        {
            Whp.Tr => 0x008B_0000_0000_FFFF,
            Whp.Ldtr => 0,
            Whp.Cs => mode switch
            {
                Mode.Long => 0x209B_0000_0000_0000,
                Mode.Paged32 => 0xC09B_0000_FFFF_FFFF,
                _ => 0x009B_0000_0000_FFFF,
            },
            _ => mode switch
            {
                Mode.Long => 0,
                Mode.Paged32 => 0xC093_0000_FFFF_FFFF,
                _ => 0x0093_0000_0000_FFFF,
            },
        };
    }

    public Exit Run()
    {
        Require(TryRun(out Exit exit), "WHvRunVirtualProcessor");
        return exit;
    }

    public int TryRun(out Exit exit)
    {
        int result = Whp.WHvRunVirtualProcessor(_handle, 0, _buffer, ExitSize);
        exit = new(_buffer);
        return result;
    }

    public void Cancel() => Require(Whp.WHvCancelRunVirtualProcessor(_handle, 0, 0), "WHvCancelRunVirtualProcessor");

    public int Reset() => Whp.WHvResetPartition(_handle);

    public (int Result, uint Size) GetXsaveSize()
    {
        uint size = 0;
        int result = Whp.WHvGetVirtualProcessorXsaveState(_handle, 0, null, 0, &size);
        return (result, size);
    }

    public ulong[] GetGeneralRegisters() => [.. Enumerable.Range(0, 18).Select(name => Get((uint)name))];

    public string DescribeSpecialRegisters()
    {
        ulong start = Get(Whp.Cs);
        ulong rest = *(ulong*)(Values + 8);
        return ControlRegisters.Describe(
            start, (uint)rest, (ushort)(rest >> 32), (ushort)(rest >> 48), (Get(Whp.Cr0), Get(Whp.Cr3), Get(Whp.Cr4), Get(Whp.Efer)));
    }

    public int TryGet(uint name, out ulong value)
    {
        new Span<byte>(Values, ValueSize).Clear();
        int result = Whp.WHvGetVirtualProcessorRegisters(_handle, 0, &name, 1, Values);
        value = *(ulong*)Values;
        return result;
    }

    /// <summary>Reads RAX many times in one call.</summary>
    public int TryGetMany(int count)
    {
        uint* names = stackalloc uint[count];
        new Span<uint>(names, count).Clear();
        byte* values = (byte*)NativeMemory.AlignedAlloc((nuint)(count * ValueSize), ValueSize);
        int result = Whp.WHvGetVirtualProcessorRegisters(_handle, 0, names, (uint)count, values);
        NativeMemory.AlignedFree(values);
        return result;
    }

    public int TrySet(uint name, ulong value)
    {
        (*(ulong*)Values, *(ulong*)(Values + 8)) = (value, 0);
        return Whp.WHvSetVirtualProcessorRegisters(_handle, 0, &name, 1, Values);
    }

    public int SetUnaligned(uint name, ulong value)
    {
        const int Unaligned = 8;
        (*(ulong*)(Values + Unaligned), *(ulong*)(Values + 16)) = (value, 0);
        return Whp.WHvSetVirtualProcessorRegisters(_handle, 0, &name, 1, Values + Unaligned);
    }

    public void Dispose()
    {
        _ = Whp.WHvDeletePartition(_handle);
        NativeMemory.AlignedFree(_buffer);
    }

    private byte* Values => _buffer + ExitSize;

    private ulong Get(uint name)
    {
        Require(TryGet(name, out ulong value), "WHvGetVirtualProcessorRegisters");
        return value;
    }

    private void Set((uint Name, (ulong Low, ulong High) Value)[] registers)
    {
        uint* names = stackalloc uint[ValueCount];
        for (int i = 0; i < registers.Length; i++)
        {
            names[i] = registers[i].Name;
            (*(ulong*)(Values + (ValueSize * i)), *(ulong*)(Values + (ValueSize * i) + 8)) = registers[i].Value;
        }

        Require(Whp.WHvSetVirtualProcessorRegisters(_handle, 0, names, (uint)registers.Length, Values), "WHvSetVirtualProcessorRegisters");
    }

    private static void Require(int result, string function)
    {
        if (result < 0)
        {
            throw new RefusedException($"{function}: {HResult.Name(result)}");
        }
    }
}

/// <summary>Results of the Windows Hypervisor Platform.</summary>
internal static class HResult
{
    public const int InsufficientBuffer = unchecked((int)0x80370301);
    public const int NotImplemented = unchecked((int)0x80004001);
    public const int PartitionAlreadyExists = unchecked((int)0xC0370008);

    public static string Name(int result)
    {
        string? name = (uint)result switch
        {
            0 => "S_OK",
            0x80004001 => "E_NOTIMPL",
            0x80004005 => "E_FAIL",
            0x80070005 => "E_ACCESSDENIED",
            0x80070006 => "E_HANDLE",
            0x8007000E => "E_OUTOFMEMORY",
            0x80070057 => "E_INVALIDARG",
            0x80370300 => "UNKNOWN_CAPABILITY",
            0x80370301 => "INSUFFICIENT_BUFFER",
            0x80370302 => "UNKNOWN_PROPERTY",
            0x80370303 => "UNSUPPORTED_HYPERVISOR_CONFIG",
            0x80370304 => "INVALID_PARTITION_CONFIG",
            0x80370305 => "GPA_RANGE_NOT_FOUND",
            0x80370306 => "VP_ALREADY_EXISTS",
            0x80370307 => "VP_DOES_NOT_EXIST",
            0x80370308 => "INVALID_VP_STATE",
            0x80370309 => "INVALID_VP_REGISTER_NAME",
            0x80370310 => "UNSUPPORTED_PROCESSOR_CONFIG",
            0xC0370008 => "PARTITION_ALREADY_EXISTS",
            _ => null,
        };
        return name is "S_OK" or "INSUFFICIENT_BUFFER" ? name : $"{(name is null ? "" : name + " ")}0x{(uint)result:X8}";
    }
}

/// <summary>The functions of WinHvPlatform.dll, and their constants (docs/abi/whp.md).</summary>
internal static unsafe partial class Whp
{
    public const uint HypervisorPresent = 0, Features = 1;
    public const uint Read = 1, Write = 2, Execute = 4, All = 7;
    public const uint Rax = 0, Cs = 0x13, Ldtr = 0x18, Tr = 0x19, Cr0 = 0x1C, Cr3 = 0x1E, Cr4 = 0x1F, Efer = 0x2001;
    public const uint InternalActivityState = 0x8000_0005;
    private const string Library = "WinHvPlatform";

    /// <summary>ES CS SS DS FS GS LDTR TR.</summary>
    public static readonly uint[] Segments = [0x12, Cs, 0x14, 0x15, 0x16, 0x17, Ldtr, Tr];

    /// <summary>Registers that a guest can change without an exit, with a value that every processor takes.</summary>
    public static readonly (string Name, uint Number, ulong Value)[] ModelSpecific =
    [
        ("KernelGsBase", 0x2002, 0x123456000), ("Pat", 0x2004, 0x0007010600070106), ("SysenterCs", 0x2005, 0x10),
        ("SysenterEip", 0x2006, 0x123457000), ("SysenterEsp", 0x2007, 0x123458000), ("Star", 0x2008, 0x0013000800000000),
        ("Lstar", 0x2009, 0x123459000), ("Cstar", 0x200A, 0x12345A000), ("Sfmask", 0x200B, 0x700), ("TscAux", 0x207B, 5),
    ];

    /// <summary>The names of section 6 of the page.</summary>
    public static readonly (string Name, uint Number)[] RegisterNames =
    [
        .. Registers.Names.Select((name, index) => (name, (uint)index)),
        .. Numbered(0x12, "Es Cs Ss Ds Fs Gs Ldtr Tr Idtr Gdtr Cr0 Cr2 Cr3 Cr4 Cr8 Dr0 Dr1 Dr2 Dr3 Dr6 Dr7 XCr0"),
        .. Numbered(0x1000, "Xmm0 Xmm1 Xmm2 Xmm3 Xmm4 Xmm5 Xmm6 Xmm7 Xmm8 Xmm9 Xmm10 Xmm11 Xmm12 Xmm13 Xmm14 Xmm15"),
        .. Numbered(0x1010, "Fp0 Fp1 Fp2 Fp3 Fp4 Fp5 Fp6 Fp7 FpControlStatus XmmControlStatus"),
        .. Numbered(0x2000, "Tsc Efer KernelGsBase ApicBase Pat SysenterCs SysenterEip SysenterEsp Star Lstar Cstar Sfmask"),
        .. Numbered(0x200D, "MtrrCap MtrrDefType"),
        .. Enumerable.Range(0, 16).Select(number => ($"MtrrPhysBase{number:X}", 0x2010 + (uint)number)),
        .. Enumerable.Range(0, 16).Select(number => ($"MtrrPhysMask{number:X}", 0x2040 + (uint)number)),
        .. Numbered(0x2070, "MtrrFix64k00000 MtrrFix16k80000 MtrrFix16kA0000 MtrrFix4kC0000 MtrrFix4kC8000 MtrrFix4kD0000 MtrrFix4kD8000 "
            + "MtrrFix4kE0000 MtrrFix4kE8000 MtrrFix4kF0000 MtrrFix4kF8000 TscAux Bndcfgs"),
        .. Numbered(0x207E, "MCount ACount"),
        ("SpecCtrl", 0x2084), ("TsxCtrl", 0x2088),
        .. Numbered(0x208B, "Xss UCet SCet Ssp Pl0Ssp Pl1Ssp Pl2Ssp Pl3Ssp InterruptSspTableAddr"),
        .. Numbered(0x2095, "TscDeadline TscAdjust"), ("UmwaitControl", 0x2098), ("Xfd", 0x2099), ("XfdErr", 0x209A),
        .. Numbered(0x80000000, "PendingInterruption InterruptState PendingEvent"), ("InternalActivityState", InternalActivityState),
    ];

    public static (int Result, ulong Value) GetCapability(uint code, uint size)
    {
        ulong value = 0;
        uint written;
        int result = WHvGetCapability(code, &value, size, &written);
        return (result, value);
    }

    [LibraryImport(Library)]
    public static partial int WHvGetCapability(uint code, void* buffer, uint size, uint* written);

    [LibraryImport(Library)]
    public static partial int WHvCreatePartition(nint* partition);

    [LibraryImport(Library)]
    public static partial int WHvSetPartitionProperty(nint partition, uint code, void* buffer, uint size);

    [LibraryImport(Library)]
    public static partial int WHvSetupPartition(nint partition);

    [LibraryImport(Library)]
    public static partial int WHvResetPartition(nint partition);

    [LibraryImport(Library)]
    public static partial int WHvDeletePartition(nint partition);

    [LibraryImport(Library)]
    public static partial int WHvCreateVirtualProcessor(nint partition, uint index, uint flags);

    [LibraryImport(Library)]
    public static partial int WHvMapGpaRange(nint partition, void* source, ulong address, ulong size, uint flags);

    [LibraryImport(Library)]
    public static partial int WHvMapGpaRange2(nint partition, nint process, void* source, ulong address, ulong size, uint flags);

    [LibraryImport(Library)]
    public static partial int WHvRunVirtualProcessor(nint partition, uint index, void* exit, uint size);

    [LibraryImport(Library)]
    public static partial int WHvCancelRunVirtualProcessor(nint partition, uint index, uint flags);

    [LibraryImport(Library)]
    public static partial int WHvGetVirtualProcessorRegisters(nint partition, uint index, uint* names, uint count, void* values);

    [LibraryImport(Library)]
    public static partial int WHvSetVirtualProcessorRegisters(nint partition, uint index, uint* names, uint count, void* values);

    [LibraryImport(Library)]
    public static partial int WHvGetVirtualProcessorXsaveState(nint partition, uint index, void* buffer, uint size, uint* written);

    private static IEnumerable<(string Name, uint Number)> Numbered(uint first, string names) =>
        names.Split(' ').Select((name, index) => (name, first + (uint)index));
}

/// <summary>A section of the paging file, with a view in this process.</summary>
internal sealed unsafe class Section : IDisposable
{
    private readonly nint _handle;

    public Section(int size)
    {
        const uint PageReadWrite = 4;
        _handle = Win32.Require(Win32.CreateFileMappingW(-1, null, PageReadWrite, 0, (uint)size, null), "CreateFileMapping");
        View = (byte*)MapInto(Win32.CurrentProcess);
    }

    public byte* View { get; }

    public void* MapInto(nint process)
    {
        const uint PageReadWrite = 4;
        void* view = Win32.MapViewOfFile3(_handle, process, null, 0, 0, 0, PageReadWrite, null, 0);
        Win32.Require((nint)view, "MapViewOfFile3");
        return view;
    }

    public void Dispose()
    {
        _ = Win32.UnmapViewOfFile(View);
        Win32.CloseHandle(_handle);
    }
}

/// <summary>Processes that are started and never run: they are this program again. All end with this process.</summary>
internal sealed unsafe class SurrogateProcesses : IDisposable
{
    private readonly nint _job;
    private readonly List<nint> _processes = [];

    public SurrogateProcesses()
    {
        _job = Win32.Require(Win32.CreateJobObjectW(null, null), "CreateJobObject");
        const int ExtendedLimits = 9;
        const int LimitsSize = 144;
        const uint KillOnClose = 0x2000;
        byte* limits = stackalloc byte[LimitsSize];
        new Span<byte>(limits, LimitsSize).Clear();
        *(uint*)(limits + 16) = KillOnClose;
        Win32.Require(Win32.SetInformationJobObject(_job, ExtendedLimits, limits, LimitsSize), "SetInformationJobObject");
    }

    public nint Start(int number)
    {
        const uint CreateSuspended = 4;
        const int StartupSize = 104;
        byte* startup = stackalloc byte[StartupSize];
        new Span<byte>(startup, StartupSize).Clear();
        *(uint*)startup = StartupSize;
        nint* information = stackalloc nint[3]; // process, thread, their numbers
        string program = Environment.ProcessPath!;
        fixed (char* path = program)
        fixed (char* command = $"\"{program}\" surrogate-{Environment.ProcessId}-{number}")
        {
            Win32.Require(
                Win32.CreateProcessW(path, command, null, null, 0, CreateSuspended, null, null, startup, information), "CreateProcess");
        }

        Win32.CloseHandle(information[1]);
        _processes.Add(information[0]);
        Win32.Require(Win32.AssignProcessToJobObject(_job, information[0]), "AssignProcessToJobObject");
        return information[0];
    }

    public void End(int number)
    {
        const uint Milliseconds = 5000;
        Win32.Require(Win32.TerminateProcess(_processes[number], 1), "TerminateProcess");
        _ = Win32.WaitForSingleObject(_processes[number], Milliseconds);
    }

    public void Dispose()
    {
        _ = Win32.TerminateJobObject(_job, 1);
        _processes.ForEach(Win32.CloseHandle);
        Win32.CloseHandle(_job);
    }
}

/// <summary>Calls of Windows.</summary>
internal static unsafe partial class Win32
{
    public const nint CurrentProcess = -1;
    private const string Kernel = "kernel32";

    public static nint Require(nint result, string function) => result != 0
        ? result
        : throw new RefusedException($"{function}: error {Marshal.GetLastPInvokeError()}, {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport(Kernel, SetLastError = true)]
    public static partial nint CreateFileMappingW(nint file, void* attributes, uint protection, uint sizeHigh, uint size, char* name);

    [LibraryImport("kernelbase", SetLastError = true)]
    public static partial void* MapViewOfFile3(
        nint section, nint process, void* address, ulong offset, nuint size, uint kind, uint protection, void* parameters, uint count);

    [LibraryImport(Kernel)]
    public static partial int UnmapViewOfFile(void* address);

    [LibraryImport(Kernel, SetLastError = true)]
    public static partial int CreateProcessW(
        char* program,
        char* command,
        void* processAttributes,
        void* threadAttributes,
        int inherits,
        uint flags,
        void* environment,
        char* folder,
        void* startup,
        void* information);

    [LibraryImport(Kernel, SetLastError = true)]
    public static partial nint CreateJobObjectW(void* attributes, char* name);

    [LibraryImport(Kernel, SetLastError = true)]
    public static partial int SetInformationJobObject(nint job, int kind, void* information, uint size);

    [LibraryImport(Kernel, SetLastError = true)]
    public static partial int AssignProcessToJobObject(nint job, nint process);

    [LibraryImport(Kernel, SetLastError = true)]
    public static partial int TerminateJobObject(nint job, uint exitCode);

    [LibraryImport(Kernel, SetLastError = true)]
    public static partial int TerminateProcess(nint process, uint exitCode);

    [LibraryImport(Kernel)]
    public static partial uint WaitForSingleObject(nint handle, uint milliseconds);

    [LibraryImport(Kernel)]
    public static partial void CloseHandle(nint handle);
}
