using Hyperlight.Building.Tests.Linking;
using Hyperlight.Linking;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks.Tests;

public sealed class LinkGuestTests : IDisposable
{
    private static readonly string[] Files = ["guest.elf", "guest.map", "guest.symbols"];
    private readonly TaskBench _bench = new();

    [Fact]
    public void A_guest_its_symbols_and_its_map_are_written()
    {
        using LinkGuest link = Link(Entry());

        Assert.True(_bench.Run(link));

        Assert.Equal(Files, Written());
        Assert.Contains("entrypoint", File.ReadAllText(_bench.PathOf("out/guest.map")), StringComparison.Ordinal);
        byte[] guest = File.ReadAllBytes(_bench.PathOf("out/guest.elf"));
        Assert.Equal("\u007FELF"u8, guest.AsSpan(0, 4));
        Assert.True(new FileInfo(_bench.PathOf("out/guest.symbols")).Length > guest.Length);
    }

    [Fact]
    public void Only_the_guest_is_written_where_no_other_file_is_wanted()
    {
        using LinkGuest link = Link(Entry());
        (link.SymbolFile, link.MapFile) = ("", "");

        Assert.True(_bench.Run(link));

        Assert.Equal(["guest.elf"], Written());
    }

    [Fact]
    public void Each_finding_is_an_error_of_the_build_and_old_files_go()
    {
        Directory.CreateDirectory(_bench.PathOf("out"));
        Assert.All(Files, name => _bench.Write("out/" + name, [1]));
        using LinkGuest link = Link(Entry("missing", "absent"));

        Assert.False(_bench.Run(link));

        Assert.Equal(["HL7004", "HL7004"], _bench.Engine.Errors.Select(error => error.Code));
        BuildErrorEventArgs error = _bench.Engine.Errors[0];
        Assert.Equal(_bench.ProjectFile, error.File);
        Assert.EndsWith("/docs/diagnostics/HL7004.md", error.HelpLink, StringComparison.Ordinal);
        Assert.Contains(
            "the symbol 'missing' is used by 'entrypoint' (guest.o, .text+0x4) and defined nowhere",
            error.Message!,
            StringComparison.Ordinal);
        Assert.Empty(Written());
    }

    [Fact]
    public void An_input_that_is_missing_is_HL7001_with_its_path()
    {
        using LinkGuest link = Link(Entry());
        link.Inputs = [.. link.Inputs, new TaskItem("lib/absent.a")];

        Assert.False(_bench.Run(link));

        BuildErrorEventArgs error = Assert.Single(_bench.Engine.Errors);
        Assert.Equal("HL7001", error.Code);
        Assert.Contains(_bench.PathOf("lib/absent.a"), error.Message!, StringComparison.Ordinal);
        Assert.Empty(Written());
    }

    [Fact]
    public void A_guest_that_cannot_be_written_is_an_error_without_a_guest()
    {
        _bench.Write("out", [1]);
        using LinkGuest link = Link(Entry());

        Assert.False(_bench.Run(link));

        Assert.Equal("HL3006", Assert.Single(_bench.Engine.Errors).Code);
        Assert.Equal([1], File.ReadAllBytes(_bench.PathOf("out")));
    }

    [Fact]
    public void A_canceled_link_says_nothing_and_leaves_nothing()
    {
        using LinkGuest link = Link(Entry());
        link.Cancel();

        Assert.False(_bench.Run(link));

        Assert.Empty(_bench.Engine.Errors);
        Assert.Empty(Written());
    }

    public void Dispose() => _bench.Dispose();

    // An object whose entry point calls functions that nothing defines.
    private static TestObject Entry(params string[] missing)
    {
        TestObject result = TestObject.WithEntry(new byte[16]);
        foreach ((int i, string name) in missing.Index())
        {
            result.WithSymbol(name, TestObject.Undefined).WithRelocation(RelocationType.Call32, name, (ulong)(4 * (i + 1)));
        }

        return result;
    }

    private LinkGuest Link(TestObject input)
    {
        _bench.Write("guest.o", input.Build());
        return new()
        {
            Inputs = [new TaskItem("guest.o")],
            Output = "out/guest.elf",
            SymbolFile = "out/guest.symbols",
            MapFile = "out/guest.map",
        };
    }

    private IEnumerable<string?> Written()
    {
        string folder = _bench.PathOf("out");
        return Directory.Exists(folder) ? Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal) : [];
    }
}
