using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Regions;
using Hyperlight.Runtime.Tests.Sandboxes;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.CoreDumps;

/// <summary>Tests core files with readelf and gdb.</summary>
public sealed partial class CrashDumpTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hyperlight-core-");

    public void Dispose() => _directory.Delete(recursive: true);

    [KvmTheory]
    [InlineData("misbehave", "WriteSnapshotPhysically")]
    [InlineData("misbehave", "TripleFault")]
    [InlineData("misbehave", "InvalidOpcode")]
    [InlineData("misbehave32", "ReadUnmapped")]
    [InlineData("misbehave32", "TripleFault")]
    [InlineData("misbehave32", "InvalidOpcode")]
    public void A_crash_leaves_one_file_that_readelf_accepts(string name, string function)
    {
        string core = Crash(name, sandbox => sandbox.Call(function));

        string headers = Run("readelf", "-hlW", core);
        Assert.Contains("CORE (Core file)", headers, StringComparison.Ordinal);
        Assert.Contains("Advanced Micro Devices X86-64", headers, StringComparison.Ordinal);
        Assert.NotEmpty(Loads(headers));
        string notes = Run("readelf", "-nW", core);
        Assert.Contains("NT_PRSTATUS", notes, StringComparison.Ordinal);
        Assert.Contains("NT_X86_XSTATE", notes, StringComparison.Ordinal);
        Assert.Contains("NT_AUXV", notes, StringComparison.Ordinal);
        Assert.DoesNotContain("Warning", headers + notes, StringComparison.Ordinal);
        Assert.DoesNotContain("Error", headers + notes, StringComparison.Ordinal);
    }

    [KvmFact]
    public void All_that_the_guest_has_mapped_is_there_with_its_permissions()
    {
        string core = Crash("misbehave", sandbox => sandbox.Call("Abort", 1, "x"));

        List<(ulong Start, ulong Size, string Flags)> loads = Loads(Run("readelf", "-lW", core));

        // Code, constants and scratch up to its end (amd64 sheet, section 2.3).
        Assert.Contains(loads, load => load.Flags == "R E");
        Assert.Contains(loads, load => load.Flags == "R");
        Assert.Contains(loads, load => load.Flags == "RW" && load.Start + load.Size == 0xFFFF_FFFF_FFFF_F000);
        Assert.DoesNotContain(loads, load => load.Flags == "RWE");
        Assert.Equal(loads.OrderBy(load => load.Start), loads);
    }

    [KvmFact]
    public void The_debugger_shows_registers_and_memory()
    {
        ulong address = 0;
        GuestFaultException? crash = null;
        string core = Crash(
            "misbehave",
            sandbox =>
            {
                address = sandbox.Call<ulong>("DataWordAddress");
                sandbox.Call("SetDataWord", 0x1234ABCD);
                crash = Assert.Throws<GuestFaultException>(() => sandbox.Call("WriteSnapshotPhysically"));
                throw crash;
            });
        string rip = AtRip().Match(crash!.Message).Groups[1].Value;
        Assert.Equal(core, crash.CrashDumpPath);

        string shown = Run(
            "gdb",
            "--batch",
            "-nx",
            "-ex",
            "info registers rip rsp",
            "-ex",
            "p $mxcsr",
            "-ex",
            string.Create(CultureInfo.InvariantCulture, $"x/wx 0x{address:x}"),
            "-ex",
            "x/i $rip",
            Path.Combine(AppContext.BaseDirectory, "Guests", "misbehave.elf"),
            core);

        Assert.Contains($"0x{rip.ToLowerInvariant()}", shown, StringComparison.Ordinal);
        Assert.Contains("0x1234abcd", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Cannot access memory", shown, StringComparison.Ordinal);
        Assert.Matches(@"=> 0x[0-9a-f]+.*:\s+mov", shown);
        Assert.Contains("IM DM ZM OM UM PM", shown, StringComparison.Ordinal);
    }

    [KvmTheory]
    [InlineData(GuestFile.Amd64)]
    [InlineData(GuestFile.I686)]
    public void A_mapped_file_is_there_too(string name)
    {
        using GuestFile file = new(0x3000);
        ulong at = GuestFile.FreeAddress(name).Value;
        string core = Crash(name, sandbox =>
        {
            sandbox.MapFile(file.Path, new(at));
            sandbox.Call<ulong>("MapRegion", at, 0UL, 0x2000UL, GuestFile.ReadOnly);
            sandbox.Call("Abort", 1, "x");
        });

        string shown = Run(
            "gdb", "--batch", "-nx", "-c", core, "-ex", string.Create(CultureInfo.InvariantCulture, $"x/3bx 0x{at + 0x1001:x}"));

        Assert.Matches(@":\s+0x51\s+0x52\s+0x53\s", shown); // The byte at offset 0x1001 is 0x1001 modulo 251.
        ulong size = Assert.Single(Loads(Run("readelf", "-lW", core)), load => load.Start == at).Size;
        Assert.Equal(name == GuestFile.I686 ? 0x3000UL : 0x2000UL, size);
    }

    [KvmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_debugger_learns_where_the_guest_was_entered_also_after_a_snapshot(bool fromSnapshot)
    {
        using TestGuest guest = new("misbehave");
        using Sandbox first = guest.Start(options => options.CrashDumpDirectory = _directory.FullName);
        using Snapshot snapshot = first.TakeSnapshot();
        using Sandbox second = snapshot.CreateSandbox(options => options.CrashDumpDirectory = _directory.FullName);
        Sandbox crashing = fromSnapshot ? second : first;

        GuestAbortedException crash = Assert.Throws<GuestAbortedException>(() => crashing.Call("Abort", 1, "x"));

        string vector = Run("gdb", "--batch", "-nx", "-ex", "info auxv", "--core", crash.CrashDumpPath!);
        Assert.Matches(string.Create(CultureInfo.InvariantCulture, $@"AT_ENTRY .* 0x{guest.Image.EntryPoint.Value:x}\b"), vector);
    }

    [KvmFact]
    public void Only_the_owner_may_read_it_and_nothing_else_is_left_behind()
    {
        string core = Crash("misbehave", sandbox => sandbox.Call("Abort", 1, "x"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(core).UnixFileMode);
        Assert.Single(_directory.GetFileSystemInfos("*", SearchOption.AllDirectories), entry => entry is FileInfo);
        Assert.Matches(@"^hl_core_misbehave_\d{8}T\d{9}_\d+_\d+\.elf$", Path.GetFileName(core));
    }

    [KvmFact]
    public void The_logger_says_where_it_is()
    {
        RecordingLogger logger = new();

        string core = Crash("misbehave", sandbox => sandbox.Call("Abort", 1, "x"), options => options.Logger = logger);

        Assert.Equal((core, false), (logger.Entries[^1].Fields["crash_dump"], logger.Entries[^1].Fields["crash_dump_is_cut"]));
    }

    [KvmFact]
    public void A_size_limit_cuts_it()
    {
        RecordingLogger logger = new();

        string core = Crash(
            "misbehave", sandbox => sandbox.Call("Abort", 1, "x"),
            options => (options.Logger, options.MaxCrashDumpSize) = (logger, 0x5FFF));

        Assert.InRange(Stored(core), 1UL, 0x5000UL);
        Assert.Equal(true, logger.Entries[^1].Fields["crash_dump_is_cut"]);
    }

    [KvmFact]
    public void A_directory_that_cannot_be_written_to_does_not_hide_the_crash()
    {
        RecordingLogger logger = new();
        string file = Path.Combine(_directory.FullName, "file");
        File.WriteAllText(file, string.Empty);
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start(options => (options.Logger, options.CrashDumpDirectory) = (logger, file));

        GuestAbortedException crash = Assert.Throws<GuestAbortedException>(() => sandbox.Call("Abort", 1, "x"));

        Assert.Null(crash.CrashDumpPath);
        Assert.Equal("CrashDumpFailed", logger.Entries[^1].Event.Name);
    }

    [KvmFact]
    public void Nothing_is_written_for_a_timeout_or_an_error()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start(options => options.CrashDumpDirectory = _directory.FullName);

        Assert.Throws<GuestErrorException>(() => sandbox.Call("ReturnError", 1, "x"));
        Assert.Throws<TimeoutException>(() => sandbox.Call("Spin", new CallOptions { Timeout = TimeSpan.FromMilliseconds(20) }));

        Assert.Empty(_directory.GetFileSystemInfos());
    }

    /// <summary>
    /// Three page tables map one page 134,217,728 times. A core file with a copy for each mapping would have half a terabyte.
    /// </summary>
    [KvmFact]
    public void A_guest_that_maps_its_pages_again_and_again_writes_each_once_and_in_time()
    {
        const ulong Table = 7;
        Stopwatch watch = new();
        using TestGuest guest = new("misbehave");
        MemoryMap map = guest.Image.Map;
        string core = Crash("misbehave", sandbox =>
        {
            Victim victim = new("misbehave", map, sandbox);
            ulong output = map.Scratch.Gpa.Value + map.Sizes.InputBufferSize;
            for (ulong table = 1; table <= 3; table++)
            {
                victim.Poke(victim.Output + (table * 0x1000), [.. Enumerable.Repeat(output + ((table - 1) * 0x1000) | Table, 512)]);
            }

            victim.Poke(victim.RootEntry(3), [output + 0x3000 | Table]);
            watch.Start();
            sandbox.Call("Abort", new CallOptions { Timeout = TimeSpan.FromSeconds(1) }, 1, "x");
        });

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.InRange(new FileInfo(core).Length, 1, 8 << 20);
    }

    [KvmFact]
    public void The_oldest_files_make_room_for_new_ones()
    {
        string abandoned = Path.Combine(_directory.FullName, "hl_core_x_1_1_1.elf.tmp");
        File.WriteAllText(abandoned, "");
        File.SetLastWriteTimeUtc(abandoned, DateTime.UtcNow.AddDays(-1));
        string other = Path.Combine(_directory.FullName, "notes.txt");
        File.WriteAllText(other, "");
        using TestGuest guest = new("misbehave");
        List<string> written = [];
        for (int i = 0; i < 4; i++)
        {
            using Sandbox sandbox = guest.Start(
                options => (options.CrashDumpDirectory, options.MaxCrashDumpCount) = (_directory.FullName, 2));
            written.Add(Assert.Throws<GuestAbortedException>(() => sandbox.Call("Abort", 1, "x")).CrashDumpPath!);
            File.SetLastWriteTimeUtc(written[^1], DateTime.UtcNow.AddMinutes(i - 10));
        }

        Assert.Equal([.. written[2..], other], Directory.GetFiles(_directory.FullName).Order(StringComparer.Ordinal));
        Assert.Throws<ArgumentOutOfRangeException>(() => guest.Start(options => options.MaxCrashDumpCount = 0));
    }

    [KvmFact]
    public void A_negative_limit_is_refused()
    {
        using TestGuest guest = new("misbehave");

        Assert.Throws<ArgumentOutOfRangeException>(() => guest.Start(options => options.MaxCrashDumpSize = -1));
    }

    // Gets the stored bytes from the first page on, up to the first gap between segments in the file.
    private static ulong Stored(string core)
    {
        ulong[] offsets = [.. Offset().Matches(Run("readelf", "-lW", core)).Select(row => Number(row.Groups[1])).Distinct()];
        return offsets.Max() - offsets.Min();
    }

    private static List<(ulong Start, ulong Size, string Flags)> Loads(string headers) =>
        [.. LoadRow().Matches(headers).Select(row => (Number(row.Groups[1]), Number(row.Groups[2]), row.Groups[3].Value.Trim()))];

    private static ulong Number(Group text) => ulong.Parse(text.ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    // Runs a program. The test is skipped if the program is missing.
    private static string Run(string program, params string[] arguments)
    {
        FinishedProcess? tool = FinishedProcess.RunTool(program, arguments);
        Assert.SkipWhen(tool is null, $"{program} is missing on this machine");
        Assert.True(tool.ExitCode == 0, tool.Output + tool.Error);
        return tool.Output + tool.Error;
    }

    private string Crash(string name, Action<Sandbox> call, Action<SandboxOptions>? configure = null)
    {
        string directory = Path.Combine(_directory.FullName, "new");
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(options =>
        {
            options.CrashDumpDirectory = directory;
            configure?.Invoke(options);
        });

        GuestFailedException crash = Assert.ThrowsAny<GuestFailedException>(() => call(sandbox));

        string file = Assert.Single(Directory.GetFiles(directory));
        Assert.Equal(file, crash.CrashDumpPath);
        return file;
    }

    [GeneratedRegex(@"LOAD +0x[0-9a-f]+ 0x([0-9a-f]+) 0x[0-9a-f]+ 0x([0-9a-f]+) 0x[0-9a-f]+ ([RWE ]{3})")]
    private static partial Regex LoadRow();

    [GeneratedRegex("LOAD +0x([0-9a-f]+) ")]
    private static partial Regex Offset();

    [GeneratedRegex("RIP 0x([0-9A-F]+)")]
    private static partial Regex AtRip();
}
