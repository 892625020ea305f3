using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// Tests guests that use physical addresses: the memory they may access, how they end, and that no other guest sees their writes.
/// </summary>
[Wine]
public class UnpagedGuestTests
{
    private const string Identity = "misbehave32";
    private const string Flat = "misbehave-flat";

    // 16 pages, which the guest's allocator does not reach.
    private const uint HalfHeap = 0x1_0000;

    public static TheoryData<string> Guests => [Identity, Flat];

    /// <summary>Page 0 is accessible in profile A (i686 sheet, section 2.1) and guarded in the flat layout (docs/layouts.md).</summary>
    [KvmFact]
    public void Page_0_is_memory_of_an_identity_guest_and_none_of_a_flat_one()
    {
        using TestGuest identity = new(Identity);
        using Sandbox withPage = identity.Start();
        Assert.Equal(0x0F, withPage.Call<int>("ReadByte", 0UL));
        Assert.Equal(1, withPage.Call<int>("WriteByte", 8UL, 1));

        using TestGuest flat = new(Flat);
        Assert.All([0UL, 0xFFFUL], address =>
        {
            using Sandbox reader = flat.Start();
            GuestFaultException read = Assert.Throws<GuestFaultException>(() => reader.Call("ReadByte", address));
            Assert.Equal((new GuestPhysicalAddress(address), MemoryAccessKind.Read, null), (read.Address, read.Access, read.Region));
        });
        using Sandbox writer = flat.Start();
        GuestFaultException write = Assert.Throws<GuestFaultException>(() => writer.Call("WriteByte", 8UL, 1));
        Assert.Equal((new GuestPhysicalAddress(8), MemoryAccessKind.Write, null), (write.Address, write.Access, write.Region));
        using Sandbox caller = flat.Start();
        Assert.Throws<GuestFaultException>(() => caller.Call("RunCode", 0UL));
    }

    [KvmFact]
    public void Below_a_flat_guest_there_is_nothing()
    {
        using TestGuest flat = new(Flat);
        using Sandbox sandbox = flat.Start();
        Assert.Equal(0xFA, sandbox.Call<int>("ReadByte", (ulong)BareGuest.FlatAddress)); // cli, the kit's first instruction

        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => sandbox.Call("ReadByte", BareGuest.FlatAddress - 1UL));

        Assert.Equal(new GuestPhysicalAddress(BareGuest.FlatAddress - 1), fault.Address);
    }

    /// <summary>
    /// Image, heap and scratch can be read, written and executed in profile A (i686 sheet, section 6.1) and in the flat layout.
    /// </summary>
    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void All_of_a_guests_own_memory_can_be_read_written_and_executed(string name)
    {
        using TestGuest guest = new(name, request => request with { InitData = new byte[] { 1 } });
        using Sandbox sandbox = guest.Start();
        byte[] code = [0xB8, 42, 0, 0, 0, 0xC3]; // mov eax, 42; ret

        Assert.All(["peb", "init-data", "scratch"], region =>
        {
            // The last bytes of the region; in scratch the bytes before the words at its end.
            ulong address = EndOf(guest, region);
            for (uint i = 0; i < code.Length; i++)
            {
                sandbox.Call("WriteByte", address + i, (int)code[i]);
            }

            Assert.Equal(42, sandbox.Call<int>("RunCode", address));
        });
        Assert.Equal(42, sandbox.Call<int>("RunOnHeap"));
    }

    /// <summary>The snapshot region of each sandbox is a private copy-on-write mapping (i686 sheet, section 6.2).</summary>
    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_hundred_sandboxes_that_write_all_over_their_memory_leave_the_image_and_each_other_alone(string name)
    {
        using TestGuest guest = new(name, request => request with { InitData = new byte[0x1000] });
        ulong heap = guest.Image.Map.InitData.Gva.Value - GuestLayout.PageSize - HalfHeap;
        List<Sandbox> sandboxes = [];
        try
        {
            for (int number = 0; number < 100; number++)
            {
                Sandbox sandbox = guest.Start();
                sandboxes.Add(sandbox);
                Assert.Equal((42, 0), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord")));
                sandbox.Call("SetDataWord", 1000 + number);
                sandbox.Call("SetBssWord", 2000 + number);
                foreach (string region in (string[])["peb", "init-data", "heap", "scratch"])
                {
                    ulong address = EndOf(guest, region);
                    sandbox.Call("WriteByte", address, number);
                }

                sandbox.Call("Execute", Fill(heap, HalfHeap, (byte)number));
            }

            for (int number = 0; number < sandboxes.Count; number++)
            {
                Sandbox sandbox = sandboxes[number];
                Assert.Equal((1000 + number, 2000 + number), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord")));
                foreach (string region in (string[])["peb", "init-data", "heap", "scratch"])
                {
                    ulong address = EndOf(guest, region);
                    Assert.Equal(number, sandbox.Call<int>("ReadByte", address));
                }

                for (ulong address = heap; address < heap + HalfHeap; address += 5 * GuestLayout.PageSize)
                {
                    Assert.Equal(number, sandbox.Call<int>("ReadByte", address));
                }
            }

            guest.AssertUnchanged();
            using Sandbox late = guest.Start();
            Assert.Equal((42, 0, 0), (late.Call<int>("DataWord"), late.Call<int>("BssWord"), late.Call<int>("ReadByte", heap)));
        }
        finally
        {
            sandboxes.ForEach(sandbox => sandbox.Dispose());
        }
    }

    /// <summary>
    /// The smallest guest that uses all that is special in profile A (i686 sheet, sections 6.2 and 10). The guest starts in real mode and
    /// writes to its data. It loads segments whose descriptors lack the accessed bit, so that the processor writes to the image. Then it
    /// prints what it read.
    /// </summary>
    [KvmFact]
    public void The_self_test_of_the_identity_layout_writes_to_its_image_without_getting_stuck_and_leaves_it_alone()
    {
        using TestGuest guest = TestGuest.FromElf(SelfTest().Build());

        Assert.Equal(["rw1", "rw1", "rw1"], Enumerable.Range(0, 3).Select(_ =>
        {
            using StringWriter console = new();
            using Sandbox sandbox = guest.Start(options => options.DebugPrint = console);
            return console.ToString();
        }));
        guest.AssertUnchanged();
    }

    /// <summary>RSP is 8 modulo 16 at the start, so a guest that only halts cannot be called (i686 sheet, section 3.3).</summary>
    [KvmFact]
    public void A_start_that_ends_with_an_unaligned_stack_is_refused()
    {
        using TestGuest guest = BareGuest.Flat(0xF4);

        Assert.Contains("0xFFFFFFD8", Assert.Throws<GuestProtocolException>(() => guest.Start()).Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void A_position_independent_guest_runs_where_it_was_moved()
    {
        // mov eax, [data]; mov dx, 77; out dx, eax. The data is the address of the data.
        byte[] code = [0xA1, 0x10, 0, 0, 0, 0x66, 0xBA, 77, 0, 0xEF, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0];
        using TestGuest guest = TestGuest.FromElf(
            BareGuest.Elf(0, code).WithType(ElfType.PositionIndependent).WithRel(1).WithRel(0x10).Build());

        Assert.Contains("wrote 0x1010 ", Assert.Throws<GuestProtocolException>(() => guest.Start()).Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void A_snapshot_of_a_guest_linked_elsewhere_does_not_fit()
    {
        byte[] start = [0x83, 0xE4, 0xF0, 0xF4]; // and esp, -16; hlt
        using TestGuest low = BareGuest.At(0x20_0000, start);
        using TestGuest high = BareGuest.At(0x30_0000, start);
        using Sandbox first = low.Start();
        using Sandbox second = high.Start();
        using Snapshot snapshot = first.TakeSnapshot();

        SnapshotMismatchException failure = Assert.Throws<SnapshotMismatchException>(() => second.Restore(snapshot));

        Assert.Contains("first address: the snapshot has 0x200000, the sandbox 0x300000", failure.Message, StringComparison.Ordinal);
    }

    private static TestElf SelfTest()
    {
        // 0x00: mov al, [0x1000]; out 103, al; mov byte [0x1000], 'w'; lgdt [0x70]; mov eax, cr0; or al, 1; mov cr0, eax; jmp dword 8:0x20
        byte[] realMode =
        [
            0xA0, 0, 0x10, 0xE6, 103, 0xC6, 0x06, 0, 0x10, (byte)'w', 0x0F, 0x01, 0x16, 0x70, 0, 0x0F, 0x20, 0xC0, 0x0C, 1, 0x0F, 0x22,
            0xC0,
            0x66, 0xEA, 0x20, 0, 0, 0, 8, 0,
        ];

        // 0x20: mov ax, 16; mov ds, eax; mov ss, eax; mov al, [0x1000]; out 103, al; mov al, [0x65]; and al, 1; add al, '0'; out 103, al;
        // and esp, -16; mov eax, 0x20; out 108, al
        byte[] protectedMode =
        [
            0x66, 0xB8, 16, 0, 0x8E, 0xD8, 0x8E, 0xD0, 0xA0, 0, 0x10, 0, 0, 0xE6, 103, 0xA0, 0x65, 0, 0, 0, 0x24, 1, 0x04, (byte)'0', 0xE6,
            103,
            0x83, 0xE4, 0xF0, 0xB8, 0x20, 0, 0, 0, 0xE6, 108,
        ];

        // 0x50: null, flat code and flat data descriptors without the accessed bit; for data it is bit 0 of byte 0x65. 0x70: the GDT
        // register.
        byte[] table = [0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0x9A, 0xCF, 0, 0xFF, 0xFF, 0, 0, 0, 0x92, 0xCF, 0];
        byte[] place = [23, 0, 0x50, 0, 0, 0];
        byte[] code = new byte[0x76];
        realMode.CopyTo(code, 0);
        protectedMode.CopyTo(code, 0x20);
        table.CopyTo(code, 0x50);
        place.CopyTo(code, 0x70);
        return BareGuest.Elf(0, code).WithSegment(0x1000, ElfSegmentFlags.Read | ElfSegmentFlags.Write, [(byte)'r']);
    }

    /// <summary>push edi; mov edi, address; mov ecx, size / 4; mov eax, values; cld; rep stosd; pop edi; ret</summary>
    private static byte[] Fill(ulong address, uint size, byte value) =>
        [0x57, 0xBF, .. BitConverter.GetBytes((uint)address), 0xB9, .. BitConverter.GetBytes(size / 4), 0xB8, value, value, value, value,
            0xFC, 0xF3, 0xAB, 0x5F, 0xC3];

    /// <summary>Gets an unused address near the end of a region; in scratch an address in the page of the counter.</summary>
    private static ulong EndOf(TestGuest guest, string name)
    {
        MemoryRegion region = guest.Image.Map.Regions.Single(region => region.Name == name);
        return region.Gva.Value + region.Size - (name == "scratch" ? 0x1F80UL : 0x80);
    }
}
