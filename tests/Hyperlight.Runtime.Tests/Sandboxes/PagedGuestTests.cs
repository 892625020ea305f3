using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Regions;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests guests of upstream's second 32-bit layout, which start with paging on (i686 sheet, profile B).</summary>
[Wine]
public class PagedGuestTests
{
    private const string Hello = "hello-paged";
    private const string Misbehave = "misbehave-paged";
    private const int PageFault = 14;

    // The offsets of words, counted from the end of scratch (i686 sheet, section 2.3).
    private const int SizeWord = 0x08;
    private const int FirstFreeWord = 0x10;
    private const int PageTablesWord = 0x18;
    private const int GenerationWord = 0x20;

    [KvmFact(Needs.Paging32)]
    public void It_starts_is_called_and_calls_the_host()
    {
        using TestGuest guest = new(Hello);
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("Now", () => "noon"));

        Assert.Same(GuestLayouts.I686V15, guest.Image.Map.Layout);
        Assert.Equal("Hello, World!", sandbox.Call<string>("SayHello", "World"));
        Assert.Contains("noon", sandbox.Call<string>("Greet", "World"), StringComparison.Ordinal);
        Assert.Equal(long.MinValue, sandbox.Call<long>("EchoLong", long.MinValue));
        Assert.Equal(new byte[] { 1, 2 }, sandbox.Call<byte[]>("EchoBytes", new byte[] { 1, 2 }));
    }

    [KvmFact(Needs.Paging32)]
    public void It_finds_the_words_its_host_wrote()
    {
        using TestGuest guest = new(Misbehave, request => request with { InitData = new byte[] { 1, 2, 3 } });
        using Sandbox sandbox = guest.Start();
        MemoryMap map = guest.Image.Map;

        Assert.Equal(map.Scratch.Size, sandbox.Call<ulong>("ReadScratchWord", SizeWord));
        Assert.InRange(sandbox.Call<ulong>("ReadScratchWord", FirstFreeWord), map.FirstFreePage.Value, map.Layout.ScratchTopGpa.Value);
        Assert.Equal(map.PageTables.Gpa.Value, sandbox.Call<ulong>("ReadScratchWord", PageTablesWord));
        Assert.Equal(0UL, sandbox.Call<ulong>("ReadScratchWord", GenerationWord));
        Assert.Equal(new byte[] { 1, 2, 3 }, sandbox.Call<byte[]>("InitData"));
    }

    [KvmFact(Needs.Paging32)]
    public void What_one_sandbox_writes_no_other_sees()
    {
        using TestGuest guest = new(Misbehave);
        using Sandbox first = guest.Start();
        using Sandbox second = guest.Start();

        first.Call("SetDataWord", 1111);
        first.Call("SetBssWord", 2222);
        Assert.Equal(8, first.Call<int>("AllocateAndTouch", 8));
        using Sandbox third = guest.Start();

        Assert.Equal((1111, 2222), (first.Call<int>("DataWord"), first.Call<int>("BssWord")));
        Assert.All([second, third], sandbox => Assert.Equal((42, 0), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord"))));
        guest.AssertUnchanged();
    }

    [KvmFact(Needs.Paging32)]
    public void The_host_keeps_a_guest_from_the_image_also_when_it_changes_its_page_tables()
    {
        using TestGuest guest = new(Misbehave);
        using Sandbox sandbox = guest.Start();

        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => sandbox.Call<int>("WriteSnapshotPhysically"));

        Assert.Equal((MemoryAccessKind.Write, "image"), (fault.Access, fault.Region));
        guest.AssertUnchanged();
    }

    [KvmFact(Needs.Paging32)]
    public void Page_0_is_a_null_guard_and_code_is_read_only()
    {
        using TestGuest guest = new(Misbehave);
        using Sandbox sandbox = guest.Start();
        using Sandbox other = guest.Start();

        Assert.Equal(PageFault, Assert.Throws<GuestCpuException>(() => sandbox.Call<int>("ReadByte", 0UL)).Vector);
        Assert.Equal(
            PageFault, Assert.Throws<GuestCpuException>(() => other.Call<int>("WriteByte", guest.Image.Map.Image.Gva.Value, 1)).Vector);
    }

    /// <summary>There is no no-execute bit, so a guest can execute its heap, its data and scratch (i686 sheet, section 2.5).</summary>
    [KvmFact(Needs.Paging32)]
    public void Every_page_that_is_there_can_be_executed()
    {
        byte[] code = [0xB8, 42, 0, 0, 0, 0xC3]; // mov eax, 42; ret
        using TestGuest guest = new(Misbehave, request => request with { InitData = code });
        using Sandbox sandbox = guest.Start();
        ulong scratch = guest.Image.Map.Scratch.Gva.Value + guest.Image.Map.Scratch.Size - 0x1F80;

        Assert.All(Enumerable.Range(0, code.Length), i => sandbox.Call("WriteByte", scratch + (ulong)i, (int)code[i]));

        Assert.Equal(
            (42, 42, 42),
            (sandbox.Call<int>("RunOnHeap"), sandbox.Call<int>("RunCode", guest.Image.Map.InitData.Gva.Value), sandbox.Call<int>(
                "RunCode", scratch)));
    }

    /// <summary>
    /// The PEB is read-only, because it lists no file mappings; the permissions of the init data are those of the request (i686 sheet,
    /// section 2.5).
    /// </summary>
    [KvmTheory(Needs.Paging32)]
    [InlineData("peb", "r", false)]
    [InlineData("init-data", "r", false)]
    [InlineData("init-data", "rw", true)]
    [InlineData("heap", "r", true)]
    public void Only_what_is_copy_on_write_can_be_written(string region, string initData, bool isWritable)
    {
        Assert.True(MemoryPermissionsText.TryParse(initData, out MemoryPermissions permissions));
        using TestGuest guest = new(
            Misbehave, request => request with { InitData = new byte[] { 1 }, Sizes = new() { InitDataPermissions = permissions } });
        using Sandbox sandbox = guest.Start();
        MemoryRegion place = guest.Image.Map.Regions.Single(other => other.Name == region);
        ulong address = place.Gva.Value + place.Size - 0x80;

        if (isWritable)
        {
            Assert.Equal(7, sandbox.Call<int>("WriteByte", address, 7));
            guest.AssertUnchanged();
        }
        else
        {
            Assert.Equal(PageFault, Assert.Throws<GuestCpuException>(() => sandbox.Call<int>("WriteByte", address, 7)).Vector);
        }
    }

    [KvmFact(Needs.Paging32)]
    public void A_stack_that_overflows_ends_the_call_also_after_a_restore()
    {
        using TestGuest guest = new(Misbehave);
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        Assert.Equal(10, sandbox.Call<int>("Recurse", 10));
        Assert.Throws<GuestFaultException>(() => sandbox.Call<int>("Recurse", 1000));

        sandbox.Restore(snapshot);

        Assert.Equal(10, sandbox.Call<int>("Recurse", 10));
        Assert.Throws<GuestFaultException>(() => sandbox.Call<int>("Recurse", 1000));
    }

    [KvmFact(Needs.Paging32)]
    public void Too_many_written_pages_end_the_call_as_out_of_memory()
    {
        using TestGuest guest = new(Misbehave, request => request with { Sizes = new() { HeapSize = 4 << 20 } });
        using Sandbox sandbox = guest.Start();

        GuestAbortedException aborted = Assert.Throws<GuestAbortedException>(() => sandbox.Call<int>("AllocateAndTouch", 500));

        Assert.Contains("Out of physical memory", aborted.Message, StringComparison.Ordinal);
    }

    [KvmFact(Needs.Paging32)]
    public void A_region_is_read_where_the_guest_maps_it_and_written_by_way_of_a_copy()
    {
        GuestPhysicalAddress at = new(0x8000_0000);
        using TestGuest guest = new(Misbehave);
        using Sandbox sandbox = guest.Start();
        using SharedRegion region = SharedRegion.FromBytes("weights", GuestFile.Content(5000));
        sandbox.MapRegion(region, at);

        Assert.Equal(0x4000_0000UL, sandbox.Call<ulong>("MapRegion", at.Value, 0x4000_0000UL, 0x2000UL, GuestFile.CopyOnWrite));
        Assert.Equal(
            0UL, sandbox.Call<ulong>("MapRegion", at.Value, 0x4000_1000UL, 0x1000UL, GuestFile.ReadOnly)); // The address is in use.
        Assert.Equal(4999 % 251, sandbox.Call<int>("ReadByte", 0x4000_0000UL + 4999));
        Assert.Equal(200, sandbox.Call<int>("WriteByte", 0x4000_0000UL, 200));
        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Restore(snapshot);

        Assert.Equal(
            (200, 4999 % 251), (sandbox.Call<int>("ReadByte", 0x4000_0000UL), sandbox.Call<int>("ReadByte", 0x4000_0000UL + 4999)));
    }

    [KvmFact(Needs.Paging32)]
    public void A_crash_leaves_a_core_file_with_what_its_page_tables_map()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("hyperlight-core-");
        try
        {
            using TestGuest guest = new(Misbehave);
            using Sandbox sandbox = guest.Start(options => options.CrashDumpDirectory = directory.FullName);
            sandbox.Call("SetDataWord", 0x1234_ABCD);
            Assert.Throws<GuestAbortedException>(() => sandbox.Call("Abort", 1, "x"));

            byte[] core = File.ReadAllBytes(Assert.Single(directory.GetFiles()).FullName);
            Assert.NotEqual(-1, core.AsSpan().IndexOf(BitConverter.GetBytes(0x1234_ABCD)));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
