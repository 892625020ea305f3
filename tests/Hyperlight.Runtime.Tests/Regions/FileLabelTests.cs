using Hyperlight.Runtime.Tests.Guests;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Regions;

/// <summary>
/// Tests the list of mapped files in the PEB, in which a guest finds a file by its label (i686 sheet, sections 2.2 and 9).
/// </summary>
public class FileLabelTests
{
    private const ulong At = 0x8000_0000;

    public static TheoryData<string> Guests => [I686, Flat];

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_guest_finds_files_by_label_in_the_order_they_were_mapped(string name)
    {
        using GuestFile file = new(5000);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();

        sandbox.MapFile(file.Path, new(At + 0x10000), "second address, first entry");
        sandbox.MapFile(file.Path, new(At), "ramfs");

        Assert.Equal((At, 0x2000UL), Find(sandbox, "ramfs"));
        Assert.Equal((At + 0x10000, 0x2000UL), Find(sandbox, "second address, first entry"));
        Assert.Equal((0UL, 0UL), Find(sandbox, "ram"));
        Assert.Equal(7, sandbox.Call<int>("ReadByte", At + 7));
        ulong peb = guest.Image.Map.Peb.Gva.Value;
        Assert.Equal(2UL, ReadWord(sandbox, peb + 0x40));
        Assert.Equal(peb + 0x50, ReadWord(sandbox, peb + 0x48));
        Assert.Equal([At + 0x10000, At], [ReadWord(sandbox, peb + 0x50), ReadWord(sandbox, peb + 0xA0)]);
    }

    [KvmFact]
    public void Without_a_label_it_is_the_files_name()
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(Flat);
        using Sandbox sandbox = guest.Start();

        sandbox.MapFile(file.Path, new(At));

        Assert.Equal((At, 0x1000UL), Find(sandbox, Path.GetFileName(file.Path)));
    }

    [KvmFact]
    public void Files_of_the_options_are_listed_before_the_first_instruction()
    {
        using GuestFile file = new(1);

        // mov eax, [edi+0x40]; mov dx, 77; out dx, eax. The word is the number of files in the PEB.
        using TestGuest guest = BareGuest.Flat(0x8B, 0x47, 0x40, 0x66, 0xBA, 77, 0, 0xEF);

        string message = Assert.Throws<GuestProtocolException>(() => guest.Start(options =>
        {
            options.MapFile(file.Path, new(At), "one");
            options.MapFile(file.Path, new(At + 0x1000), "two");
        })).Message;

        Assert.Contains("wrote 0x2 ", message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void A_file_that_is_unmapped_leaves_the_list_and_those_behind_it_move_up()
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(Flat);
        using Sandbox sandbox = guest.Start();
        sandbox.MapFile(file.Path, new(At), "one");
        sandbox.MapFile(file.Path, new(At + 0x1000), "two");

        sandbox.Unmap(new(At));

        Assert.Equal([0UL, At + 0x1000], [Find(sandbox, "one").Address, Find(sandbox, "two").Address]);
        Assert.Equal(1UL, ReadWord(sandbox, guest.Image.Map.Peb.Gva.Value + 0x40));
    }

    /// <summary>
    /// A restore unmaps all files, but the PEB in a snapshot lists the files that were mapped when the snapshot was taken.
    /// </summary>
    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void After_a_restore_the_list_is_empty_whatever_the_snapshot_had_in_it(string name)
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        using Snapshot before = sandbox.TakeSnapshot();
        sandbox.MapFile(file.Path, new(At), "one");
        using Snapshot with = sandbox.TakeSnapshot();

        sandbox.Restore(with);
        Assert.Equal(0UL, Find(sandbox, "one").Address);
        sandbox.MapFile(file.Path, new(At + 0x5000), "one");
        Assert.Equal(At + 0x5000, Find(sandbox, "one").Address);
        sandbox.Restore(before);
        Assert.Equal(0UL, Find(sandbox, "one").Address);

        using Sandbox other = with.CreateSandbox();
        Assert.Equal(0UL, Find(other, "one").Address);
        using Sandbox mapped = with.CreateSandbox(options => options.MapFile(file.Path, new(At + 0x9000), "one"));
        Assert.Equal(At + 0x9000, Find(mapped, "one").Address);
    }

    [KvmFact]
    public void The_list_is_the_sandboxs_own()
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(I686);
        using Sandbox first = guest.Start();
        using Sandbox second = guest.Start();

        first.MapFile(file.Path, new(At), "mine");

        Assert.Equal((At, 0UL), (Find(first, "mine").Address, Find(second, "mine").Address));
        guest.AssertUnchanged();
    }

    /// <summary>A guest may overwrite its PEB. The host only writes to the list and never reads it.</summary>
    [KvmFact]
    public void What_a_guest_does_to_the_list_is_mended_by_the_next_mapping()
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(I686);
        using Sandbox sandbox = guest.Start();
        ulong peb = guest.Image.Map.Peb.Gva.Value;
        for (ulong i = 0; i < 16; i++)
        {
            sandbox.Call("WriteByte", peb + 0x40 + i, 0xFF);
        }

        sandbox.MapFile(file.Path, new(At), "one");

        Assert.Equal((At, 0x1000UL), Find(sandbox, "one"));
    }

    [KvmFact]
    public void Thirty_two_files_fit_the_list_and_no_more()
    {
        using GuestFile file = new(1);
        using SharedRegion region = SharedRegion.FromStream("unlisted", new MemoryStream([1]), 1);
        using TestGuest guest = new(Flat);
        using Sandbox sandbox = guest.Start();
        for (uint number = 0; number < 32; number++)
        {
            sandbox.MapFile(file.Path, new(At + (number * 0x1000)), $"file {number}");
        }

        Assert.Equal(At + 0x1F000, Find(sandbox, "file 31").Address);
        HyperlightException refused = Assert.Throws<HyperlightException>(() => sandbox.MapFile(file.Path, new(At + 0x100000), "file 32"));
        Assert.Equal(Rules.LayoutLacks, refused.Finding!.Rule);
        Assert.Contains("room for 32", refused.Message, StringComparison.Ordinal);
        sandbox.MapRegion(region, new(At + 0x100000));
        sandbox.Unmap(new(At));
        sandbox.MapFile(file.Path, new(At), "file 32");
        Assert.Equal(At, Find(sandbox, "file 32").Address);
    }

    public static TheoryData<string, bool> Labels => new()
    {
        { new string('x', 63), true },
        { new string('x', 61) + "é", true },
        { new string('x', 64), false },
        { new string('x', 62) + "é", false },
        { "", false },
        { "a\0b", false },
    };

    [KvmTheory]
    [MemberData(nameof(Labels))]
    public void A_label_has_1_to_63_bytes_without_a_zero(string label, bool fits)
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(Flat);
        using Sandbox sandbox = guest.Start();

        if (fits)
        {
            sandbox.MapFile(file.Path, new(At), label);
            Assert.Equal(At, Find(sandbox, label).Address);
        }
        else
        {
            HyperlightException refused = Assert.Throws<HyperlightException>(() => sandbox.MapFile(file.Path, new(At), label));
            Assert.Equal(Rules.LayoutLacks, refused.Finding!.Rule);

            // The refused call has mapped nothing, so the address is free.
            sandbox.MapFile(file.Path, new(At), "one");
        }
    }

    [KvmFact]
    public void A_layout_without_a_list_takes_no_label()
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();

        HyperlightException refused = Assert.Throws<HyperlightException>(() => sandbox.MapFile(file.Path, FreeAddress(Amd64), "one"));

        Assert.Equal(Rules.LayoutLacks, refused.Finding!.Rule);
        Assert.Contains("amd64-0.16 have no list of files", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0UL, Find(sandbox, "one").Address);
    }

    [KvmFact]
    public void Files_of_an_opened_image_are_shown_to_every_sandbox_of_it()
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(Flat);
        using GuestImage image = guest.Open(options => options.Files.Add(new(file.Path, new(At), "ramfs")));

        for (int i = 0; i < 2; i++)
        {
            using Sandbox sandbox = image.CreateSandbox(options => options.MapFile(file.Path, new(At + 0x1000), "own"));
            Assert.Equal([At, At + 0x1000], [Find(sandbox, "ramfs").Address, Find(sandbox, "own").Address]);
        }

        using TestGuest halts = BareGuest.Flat(0xF4);
        using GuestImage bare = halts.Open(options => options.Files.Add(new(file.Path, new(0x10_0000), "over the image")));
        Assert.Equal(Rules.RegionOverlap, Assert.Throws<HyperlightException>(() => bare.Run()).Finding!.Rule);
    }

    private static (ulong Address, ulong Size) Find(Sandbox sandbox, string label) =>
        (sandbox.Call<ulong>("FindFile", label), sandbox.Call<ulong>("FileSize", label));

    private static ulong ReadWord(Sandbox sandbox, ulong address) =>
        Enumerable.Range(0, 8).Aggregate(0UL, (word, i) => word | ((ulong)sandbox.Call<int>("ReadByte", address + (ulong)i) << (8 * i)));
}
