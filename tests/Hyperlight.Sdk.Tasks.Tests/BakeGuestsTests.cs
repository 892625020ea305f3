using Hyperlight.Elf;
using Hyperlight.Testing;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks.Tests;

[Trait("Wine", "yes")]
public sealed class BakeGuestsTests : IDisposable
{
    private readonly TaskBench _bench = new();

    private string ImageDirectory => Path.Combine(_bench.ImageRoot, "hello");

    [Fact]
    public void A_baked_guest_is_an_image_the_runtime_opens()
    {
        _bench.Write("hello.elf", TestElf.Amd64().Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };

        Assert.True(_bench.Run(bake));

        using GuestImage image = GuestImage.Open(ImageDirectory);
        Assert.Equal("hello", image.Name);
        BuildMessageEventArgs line = Assert.Single(_bench.Engine.Messages, message => message.Importance == MessageImportance.High);
        Assert.Matches(@"^hello -> obj.hyperlight.hello \([\d.]+ KiB, [\d.]+ KiB stored\)$", line.Message!);
    }

    [Fact]
    public void Permissions_and_interrupts_go_from_item_to_item_into_the_image()
    {
        _bench.Write("hello.elf", TestElf.Amd64().Build());
        _bench.Write("init.bin", [1]);
        TaskItem item = new("hello.elf", new Dictionary<string, string> { ["InitData"] = "init.bin", ["InitDataPermissions"] = "rwx" });
        ResolveGuests resolve = new()
        {
            Guests = [item],
            ImageRoot = _bench.ImageRoot,
            Properties =
            [
                new TaskItem("HyperlightInitDataPermissions", new Dictionary<string, string> { ["Value"] = "r" }),
                new TaskItem("HyperlightExecutableHeap", new Dictionary<string, string> { ["Value"] = "TRUE" }),
                new TaskItem("HyperlightHardwareInterrupts", new Dictionary<string, string> { ["Value"] = "true" }),
            ],
        };
        Assert.True(_bench.Run(resolve));
        using BakeGuests bake = new() { Guests = resolve.ResolvedGuests };

        Assert.True(_bench.Run(bake));

        using GuestImage image = GuestImage.Open(ImageDirectory);
        Assert.Equal(("rwx", "rwx"), (image.Map.InitData.Guest.ToText(), image.Map.Heap.Guest.ToText()));
        Assert.True(image.HardwareInterrupts);
    }

    [Fact]
    public void A_canceled_bake_says_nothing_and_leaves_nothing()
    {
        _bench.Write("hello.elf", TestElf.Amd64().Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };
        bake.Cancel();

        Assert.False(_bench.Run(bake));

        Assert.Empty(_bench.Engine.Errors);
        Assert.False(Directory.Exists(ImageDirectory));
    }

    [Fact]
    public void A_warning_stays_a_warning_with_a_link_and_the_image_is_baked()
    {
        TestElf guest = TestElf.Amd64().WithSegment(0x8000, ElfSegmentFlags.Read | ElfSegmentFlags.Write | ElfSegmentFlags.Execute, [1]);
        _bench.Write("hello.elf", guest.Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };

        Assert.True(_bench.Run(bake));

        BuildWarningEventArgs warning = Assert.Single(_bench.Engine.Warnings);
        Assert.Equal(("HL1017", _bench.PathOf("hello.elf")), (warning.Code, warning.File));
        Assert.EndsWith("/docs/diagnostics/HL1017.md", warning.HelpLink, StringComparison.Ordinal);
        Assert.True(string.IsNullOrEmpty(warning.Subcategory));
        Assert.True(File.Exists(Path.Combine(ImageDirectory, "index.json")));
    }

    [Fact]
    public void What_is_good_to_know_is_no_warning_and_not_shown_unless_asked_for()
    {
        _bench.Write("hello.elf", TestElf.I686().Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };

        Assert.True(_bench.Run(bake));

        Assert.Empty(_bench.Engine.Warnings);
        BuildMessageEventArgs message = Assert.Single(_bench.Engine.Messages, message => message.Code == "HL1021");
        Assert.Equal((_bench.PathOf("hello.elf"), MessageImportance.Normal), (message.File, message.Importance));
    }

    [Theory]
    [InlineData("hello.debug", "hello.elf", true)]
    [InlineData("hello.elf.debug", "hello.elf", true)]
    [InlineData("hello.debug.elf", "hello", true)]
    [InlineData("hello.dbg", "hello", true)]
    [InlineData("hello.debug", "other.elf", false)]
    [InlineData("hello.debug", "hello.dbg", false)]
    public void A_debug_file_beside_its_guest_is_HL1024_that_names_the_guest(string file, string other, bool isGuest)
    {
        const ElfSectionFlags Code = ElfSectionFlags.Allocate | ElfSectionFlags.Execute;
        _bench.Write(file, TestElf.Amd64().WithLoadedSection(".text", ElfSectionType.NoBits, 0, 0x40, Code).Build());
        _bench.Write(other, [1]);
        using BakeGuests bake = new() { Guests = _bench.Resolve(file) };
        using ValidateGuests validate = new() { Guests = bake.Guests };

        Assert.False(_bench.Run(bake));
        Assert.False(_bench.Run(validate));

        string advice = $" The same folder has '{other}'.";
        Assert.All(_bench.Engine.Errors, error =>
            Assert.Equal(("HL1024", isGuest), (error.Code, error.Message!.EndsWith(advice, StringComparison.Ordinal))));
        Assert.Equal(2, _bench.Engine.Errors.Count);
    }

    [Fact]
    public void A_guest_that_goes_away_after_it_was_resolved_is_HL4001_at_its_line()
    {
        _bench.Write("hello.elf", TestElf.Amd64().Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };
        File.Delete(_bench.PathOf("hello.elf"));

        Assert.False(_bench.Run(bake));

        BuildErrorEventArgs error = Assert.Single(_bench.Engine.Errors);
        Assert.Equal(("HL4001", _bench.ProjectFile, 3), (error.Code, error.File, error.LineNumber));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_HL3006()
    {
        _bench.Write("hello.elf", TestElf.Amd64().Build());
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };
        Directory.CreateDirectory(_bench.ImageRoot);
        File.WriteAllText(ImageDirectory, "a file where the folder belongs");

        Assert.False(_bench.Run(bake));

        Assert.Equal("HL3006", Assert.Single(_bench.Engine.Errors).Code);
    }

    [Fact]
    public void Something_unforeseen_is_HL9001_without_a_stack_trace_in_the_error()
    {
        using BakeGuests bake = new() { Guests = [new TaskItem("not resolved", new Dictionary<string, string> { ["HeapSize"] = "?" })] };

        Assert.False(_bench.Run(bake));

        BuildErrorEventArgs error = Assert.Single(_bench.Engine.Errors);
        Assert.Equal("HL9001", error.Code);
        Assert.Contains("report", error.Message!, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error.Message!, StringComparison.Ordinal);
        Assert.Contains(_bench.Engine.Messages, message => message.Message!.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public void Braces_in_a_message_are_taken_literally()
    {
        _bench.Write("{0}.elf", TestElf.Amd64().Build());
        ResolveGuests resolve = new() { Guests = [new TaskItem("{0}.elf")], ImageRoot = _bench.ImageRoot };

        Assert.False(_bench.Run(resolve));

        Assert.StartsWith("'{0}' cannot be the name", Assert.Single(_bench.Engine.Errors).Message!, StringComparison.Ordinal);
    }

    public void Dispose() => _bench.Dispose();
}
