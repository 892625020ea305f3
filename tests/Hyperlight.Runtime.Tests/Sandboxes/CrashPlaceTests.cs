using System.Buffers.Binary;
using System.Text.RegularExpressions;
using Hyperlight.Elf;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Symbols;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// Tests that failures of a guest name the function, the file and the line of the statement that failed, by the source map of the image.
/// </summary>
public class CrashPlaceTests
{
    // The layout whose address 0 is memory of the guest. Its null pointers lead to its code.
    private const string WithMemoryAtZero = "i686-identity";

    private const ulong NoMemory = 0x8000_0000;
    private const uint AbortMark = 0x4C50_4C48;

    private static readonly string[] Architectures = ["amd64", "i686", WithMemoryAtZero];

    public static TheoryData<string, string> Failures =>
    [
        .. from architecture in Architectures
           from function in Calls.Keys
           select new TheoryDataRow<string, string>(architecture, function),
    ];

    public static TheoryData<string> PagedFailures => [.. Calls.Keys];

    public static TheoryData<string> FailuresWithLibc => [.. Calls.Keys, "assert_nonsense"];

    // The arguments of each function of crash.c (that of write_nowhere is a null pointer), and the types of its failure in guests without
    // page tables, with those of 32 bits, and of amd64.
    private static Dictionary<string, (GuestValue[] Arguments, Type Unpaged, Type Paged, Type Amd64)> Calls { get; } = new()
    {
        ["write_nowhere"] = ([0UL], typeof(GuestFaultException), typeof(GuestCpuException), typeof(GuestCpuException)),
        ["divide_by_zero"] = ([], typeof(GuestCpuException), typeof(GuestCpuException), typeof(GuestCpuException)),
        ["give_up"] = ([], typeof(GuestAbortedException), typeof(GuestAbortedException), typeof(GuestAbortedException)),
        ["give_up_with_a_code"] = ([], typeof(GuestAbortedException), typeof(GuestAbortedException), typeof(GuestAbortedException)),
        ["give_up_like_a_program"] = ([], typeof(GuestAbortedException), typeof(GuestAbortedException), typeof(GuestAbortedException)),
        ["free_nonsense"] = ([12345UL], typeof(GuestAbortedException), typeof(GuestAbortedException), typeof(GuestAbortedException)),
        ["spin"] = ([], typeof(TimeoutException), typeof(TimeoutException), typeof(TimeoutException)),
        ["recurse"] = ([1], typeof(GuestFaultException), typeof(GuestFaultException), typeof(GuestAbortedException)),
        ["use_a_port"] = ([], typeof(GuestProtocolException), typeof(GuestProtocolException), typeof(GuestProtocolException)),
    };

    [KvmTheory]
    [MemberData(nameof(Failures))]
    public void A_failure_names_function_file_and_line(string architecture, string function) => AssertFailure(
        architecture, function, architecture == "amd64" ? Calls[function].Amd64 : Calls[function].Unpaged);

    [KvmTheory(Needs.Paging32)]
    [MemberData(nameof(PagedFailures))]
    public void A_failure_with_32_bit_paging_names_function_file_and_line(string function) =>
        AssertFailure("i686-paged", function, Calls[function].Paged);

    [KvmTheory(Needs.Sse)]
    [MemberData(nameof(FailuresWithLibc))]
    public void A_failure_of_a_program_with_a_C_library_names_function_file_and_line(string function) => AssertFailure(
        CrashGuest.WithLibc,
        function,
        function switch
        {
            "assert_nonsense" => typeof(GuestAbortedException),
            "recurse" => typeof(GuestCpuException),
            _ => Calls[function].Amd64,
        });

    [KvmFact(Needs.Sse)]
    public void The_text_of_an_assertion_that_failed_is_that_of_the_C_library()
    {
        using CrashGuest guest = new(CrashGuest.WithLibc);
        using Sandbox sandbox = guest.Guest.Start();

        Exception failure = Fail(sandbox, "assert_nonsense");

        Assert.True(
            Regex.IsMatch(
                failure.Message.TrimEnd('\n', ' ', '.'),
                @"^The guest aborted with code 134 at assert_nonsense \(src/crash\.c:\d+\): "
                    + @"Assertion failed: number == 15 \(\S*crash\.c: assert_nonsense: \d+\)$"),
            failure.Message);
    }

    /// <summary>Compiles each guest, also those that run in the lab only, which finds them then.</summary>
    [Theory]
    [InlineData("amd64")]
    [InlineData("i686")]
    [InlineData(WithMemoryAtZero)]
    [InlineData("i686-paged")]
    [InlineData(CrashGuest.WithLibc)]
    public void The_map_of_a_guest_has_the_lines_of_its_source(string kind)
    {
        using CrashGuest guest = new(kind);

        GuestImage image = guest.Guest.Image;
        ElfFile symbols = ElfFile.TryRead(File.ReadAllBytes(guest.SymbolFile), [])!;
        ulong giveUp = symbols.Symbols.Single(symbol => symbol.Name == "give_up").Value;
        ulong distance = unchecked(image.EntryPoint.Value - symbols.Entry);

        GuestLocation? place = SourceMap.TryOpen(image.Directory, image.Config.GuestSha256, out _)!.Find(new(giveUp + distance));

        Assert.Equal(("give_up", "src/crash.c"), (place?.Function, place?.File));
    }

    [KvmFact]
    public void The_text_of_a_failure_has_place_and_address()
    {
        using CrashGuest guest = new("amd64");
        using Sandbox sandbox = guest.Guest.Start();

        GuestCpuException failure = Assert.Throws<GuestCpuException>(() => sandbox.Call("write_nowhere", 0UL));

        Assert.Equal(("write_nowhere", "src/crash.c"), (failure.Location!.Function, failure.Location.File));
        Assert.StartsWith(
            $"The guest aborted with code 15 at {CrashGuest.PlaceOf("write_nowhere")}: Exception: PageFault | vector 14, RIP 0x",
            failure.Message,
            StringComparison.Ordinal);
    }

    [KvmFact]
    public void Without_a_map_the_address_is_all_there_is()
    {
        using CrashGuest guest = new("i686");
        File.Delete(guest.Guest.MapPath);
        RecordingLogger logger = new();
        using Sandbox sandbox = guest.Guest.Start(options => options.Logger = logger);

        GuestFaultException failure = Assert.IsType<GuestFaultException>(Fail(sandbox, "write_nowhere"));

        Assert.Null(failure.Location);
        Assert.Matches("where it has no memory at RIP 0x[0-9A-F]+\\.$", failure.Message);
        Assert.Empty(logger.Entries);
    }

    [KvmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_map_that_is_forged_or_of_another_guest_changes_no_text_and_is_reported_once(bool isForged)
    {
        using CrashGuest guest = new("amd64");
        byte[] map = File.ReadAllBytes(guest.Guest.MapPath);
        File.WriteAllBytes(
            guest.Guest.MapPath, isForged ? map[..^1] : SourceMapWriter.Write(new string('0', 64), [new(0, 1 << 30, "wrong")], []));
        RecordingLogger logger = new();
        using Sandbox sandbox = guest.Guest.Start(options => options.Logger = logger);
        using Snapshot ready = sandbox.TakeSnapshot();

        Assert.All(["give_up", "write_nowhere", "give_up"], function =>
        {
            Exception failure = Fail(sandbox, function);
            Assert.Null(((GuestFailedException)failure).Location);
            Assert.DoesNotContain(Path.GetTempPath(), failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("wrong", failure.Message, StringComparison.Ordinal);
            sandbox.Restore(ready);
        });

        RecordingLogger.Entry entry = Assert.Single(logger.Entries);
        Assert.Equal("SourceMapUnusable", entry.Event.Name);
        Assert.Contains("HL3019", entry.Text, StringComparison.Ordinal);
    }

    [KvmFact]
    public void The_map_is_read_at_the_first_failure_and_not_again()
    {
        using CrashGuest guest = new("i686");
        using Sandbox sandbox = guest.Guest.Start();
        using Snapshot ready = sandbox.TakeSnapshot();
        AssertPlace(CrashGuest.PlaceOf("give_up"), Fail(sandbox, "give_up"));
        File.Delete(guest.Guest.MapPath);

        for (int i = 0; i < 3; i++)
        {
            sandbox.Restore(ready);
            AssertPlace(CrashGuest.PlaceOf("give_up"), Fail(sandbox, "give_up"));
        }
    }

    [Fact]
    public void Ten_thousand_questions_read_the_file_once()
    {
        using TemporaryDirectory folder = new();
        string image = Path.Combine(folder.Path, "image"), guest = new('a', 64);
        ImageSymbols symbols = new(image, guest), missing = new(image, guest);
        Assert.Null(missing.Find(new(0x1000)));
        File.WriteAllBytes(SourceMap.PathOf(image), SourceMapWriter.Write(guest, [new(0x1000, 16, "add")], []));
        Assert.Equal("add", symbols.Find(new(0x1000))!.Function);
        File.Delete(SourceMap.PathOf(image));

        Parallel.For(0, 10_000, i =>
        {
            Assert.Equal("add", symbols.Find(new(0x1000 + ((ulong)i % 16)))!.Function);
            Assert.Null(missing.Find(new(0x1000)));
        });
    }

    [KvmFact]
    public void Sandboxes_of_snapshots_know_the_map()
    {
        using CrashGuest guest = new("amd64");
        using Sandbox sandbox = guest.Guest.Start();
        using Snapshot ready = sandbox.TakeSnapshot();
        using TemporaryDirectory folder = new();
        ready.Save(folder.Path, "ready");
        using Snapshot loaded = Snapshot.Load(folder.Path, "ready");
        ready.Save(guest.Guest.Image.Directory, "snapshot");
        using GuestImage image = GuestImage.Open(guest.Guest.Image.Directory);
        using Sandbox copy = ready.CreateSandbox(), stranger = loaded.CreateSandbox(), warm = image.CreateSandbox();

        sandbox.Restore(loaded);

        Assert.NotNull(image.SnapshotDigest);
        AssertPlace(CrashGuest.PlaceOf("give_up"), Fail(warm, "give_up"));
        AssertPlace(CrashGuest.PlaceOf("give_up"), Fail(copy, "give_up"));
        AssertPlace(CrashGuest.PlaceOf("give_up"), Fail(sandbox, "give_up"));
        Assert.Null(Assert.IsType<GuestAbortedException>(Fail(stranger, "give_up")).Location);
    }

    [KvmTheory]
    [InlineData(AbortMark, BareGuest.FlatAddress, "named")]
    [InlineData(AbortMark, 0U, null)]
    [InlineData(AbortMark, 0xFFFF_FFFFU, null)]
    [InlineData(AbortMark - 1, BareGuest.FlatAddress, null)]
    public void An_abort_may_have_any_address_in_its_register(uint mark, uint address, string? function)
    {
        // mov esi, mark; mov edi, address; mov eax, 0xFF_07_02; out 102, eax
        using TestGuest guest = BareGuest.Flat([0xBE, .. Bytes(mark), 0xBF, .. Bytes(address), 0xB8, .. Bytes(0xFF_07_02), 0xE7, 102]);
        File.WriteAllBytes(
            guest.MapPath, SourceMapWriter.Write(guest.Image.Config.GuestSha256, [new(BareGuest.FlatAddress, 1, "named")], []));

        GuestAbortedException failure = Assert.Throws<GuestAbortedException>(() => guest.Start());

        Assert.Equal(function, failure.Location?.Function);
        Assert.Equal(function is null ? "The guest aborted with code 7." : "The guest aborted with code 7 at named.", failure.Message);
    }

    private static void AssertFailure(string kind, string function, Type type)
    {
        // Where the platform of Windows is on KVM, the instruction pointer is that of KVM.
        Probes.Require(type == typeof(GuestFaultException) ? Needs.Kvm : Needs.Hypervisor);
        using CrashGuest guest = new(kind);
        using Sandbox sandbox = guest.Guest.Start();

        Exception failure = kind == WithMemoryAtZero && function == "write_nowhere"
            ? Fail(sandbox, function, NoMemory)
            : Fail(sandbox, function);

        Assert.IsType(type, failure);
        AssertPlace(CrashGuest.PlaceOf(function), failure);
    }

    private static Exception Fail(Sandbox sandbox, string function) =>
        Fail(sandbox, function, Calls.TryGetValue(function, out var call) ? call.Arguments : []);

    private static Exception Fail(Sandbox sandbox, string function, params GuestValue[] arguments)
    {
        CallOptions options = new() { Timeout = TimeSpan.FromMilliseconds(function == "spin" ? 50 : 10_000) };
        Exception? failure = Record.Exception(() => sandbox.Call<GuestValue>(function, options, arguments));
        return failure ?? throw new InvalidOperationException($"{function} returned.");
    }

    private static void AssertPlace(string place, Exception failure)
    {
        Assert.True(failure.Message.Contains($" at {place}", StringComparison.Ordinal), failure.Message);
        if (failure is GuestFailedException { Location: var location })
        {
            Assert.Equal(place, location?.ToString());
        }
    }

    private static byte[] Bytes(uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
