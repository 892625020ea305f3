using Hyperlight.Elf;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Testing;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Regions;

/// <summary>Tests files that are mapped into the memory of guests.</summary>
[Wine]
public class MapFileTests
{
    private const int PageFault = 14;
    private static readonly GuestPhysicalAddress At = FreeAddress(Amd64);

    public static TheoryData<string> Guests => [Amd64, I686, Flat];

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_guest_reads_the_file_and_zeros_behind_its_end(string name)
    {
        using GuestFile file = new(5000);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        GuestPhysicalAddress at = FreeAddress(name);

        ulong size = (ulong)sandbox.MapFile(file.Path, at).Size;

        Assert.Equal(0x2000UL, size);
        Assert.Equal(at.Value, sandbox.Call<ulong>("MapRegion", at.Value, 0UL, size, ReadOnly));
        int Read(ulong offset) => sandbox.Call<int>("ReadByte", at.Value + offset);
        Assert.Equal((0, 250, 4999 % 251, 0, 0), (Read(0), Read(250), Read(4999), Read(5000), Read(8191)));
    }

    [KvmFact]
    public void A_guest_may_map_it_at_an_address_of_its_choice()
    {
        using GuestFile file = new(5000);
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        ulong size = (ulong)sandbox.MapFile(file.Path, At).Size;

        Assert.Equal(0x7000_0000_0000UL, sandbox.Call<ulong>("MapRegion", At.Value, 0x7000_0000_0000UL, size, ReadOnly));

        Assert.Equal(7, sandbox.Call<int>("ReadByte", 0x7000_0000_0007UL));
    }

    [KvmFact]
    public void What_a_guest_cannot_map_is_refused_by_the_kit()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        using TestGuest guest32 = new(I686);
        using Sandbox sandbox32 = guest32.Start();
        static ulong Map(Sandbox sandbox, ulong physical, ulong address, ulong size) =>
            sandbox.Call<ulong>("MapRegion", physical, address, size, ReadOnly);

        // Refused are addresses and sizes that are unaligned, empty, not canonical, beyond the address space, over the image, the stack or
        // scratch, null, or that wrap around.
        Assert.Equal(0UL, Map(sandbox, At.Value + 1, 0, 0x1000));
        Assert.Equal(0UL, Map(sandbox, At.Value, At.Value + 1, 0x1000));
        Assert.Equal(0UL, Map(sandbox, At.Value, 0, 0));
        Assert.Equal(0UL, Map(sandbox, At.Value, 0x8000_0000_0000, 0x1000));
        Assert.Equal(0UL, Map(sandbox, At.Value, 0x7FFF_FFFF_F000, 0x2000));
        Assert.Equal(0UL, Map(sandbox, 0x10_0000_0000, 0, 0x1000));
        Assert.Equal(0UL, Map(sandbox, 0, 0x1000, 0x1000));
        Assert.Equal(0UL, Map(sandbox, At.Value, 0xFFFF_FE80_0000_0000, 0x1000));
        Assert.Equal(0UL, Map(sandbox, At.Value, 0xFFFF_FFFF_FFFF_E000, 0x1000));
        Assert.Equal(0UL, Map(sandbox, 0, 0, 0x1000));
        Assert.Equal(0UL, Map(sandbox, At.Value, 0xFFFF_FFFF_FFFF_F000, 0x2000));
        Assert.Equal(0UL, Map(sandbox32, 0x8000_0000, 0x9000_0000, 0x1000));
        Assert.Equal(0UL, Map(sandbox32, 0x1_0000_0000, 0, 0x1000));
    }

    [KvmFact]
    public void What_a_guest_writes_by_way_of_a_copy_is_its_own()
    {
        using GuestFile file = new(5000);
        using TestGuest guest = new(Amd64);
        using Sandbox first = guest.Start();
        using Sandbox second = guest.Start();
        foreach (Sandbox sandbox in (Sandbox[])[first, second])
        {
            sandbox.Call<ulong>("MapRegion", At.Value, 0UL, (ulong)sandbox.MapFile(file.Path, At).Size, CopyOnWrite);
        }

        Assert.Equal(0x99, first.Call<int>("WriteByte", At.Value + 1, 0x99));

        Assert.Equal((0x99, 2), (first.Call<int>("ReadByte", At.Value + 1), first.Call<int>("ReadByte", At.Value + 2)));
        Assert.Equal(1, second.Call<int>("ReadByte", At.Value + 1));
        Assert.Equal(Content(5000), File.ReadAllBytes(file.Path));
    }

    [KvmTheory]
    [InlineData(ReadOnly, "WriteByte")]
    [InlineData(ReadOnly, "RunCode")]
    [InlineData(CopyOnWrite, "RunCode")]
    public void What_the_guests_own_tables_forbid_is_a_page_fault(uint flags, string function)
    {
        using GuestFile file = new(5000);
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        sandbox.Call<ulong>("MapRegion", At.Value, 0UL, (ulong)sandbox.MapFile(file.Path, At).Size, flags);
        GuestValue[] arguments = function == "WriteByte" ? [At.Value, 1] : [At.Value];

        Assert.Equal(PageFault, Assert.Throws<GuestCpuException>(() => sandbox.Call(function, arguments)).Vector);
    }

    /// <summary>Guests of every layout may read and execute a mapped file (i686 sheet, sections 6.1 and 9).</summary>
    [KvmTheory]
    [InlineData(Amd64, "WritePhysically")]
    [InlineData(I686, "WriteByte")]
    public void A_write_to_the_file_itself_is_a_fault_that_names_it(string name, string function)
    {
        using GuestFile file = new(5000);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        GuestPhysicalAddress at = FreeAddress(name);
        sandbox.Call<ulong>("MapRegion", at.Value, 0UL, (ulong)sandbox.MapFile(file.Path, at).Size, ReadOnly);
        GuestValue[] arguments = name == Amd64 ? [at.Value + 0x1001] : [at.Value + 0x1001, 1];

        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => sandbox.Call(function, arguments));

        Assert.Equal((at + 0x1001, MemoryAccessKind.Write, file.Path), (fault.Address, fault.Access, fault.Region));
        Assert.Contains("read-only", fault.Message, StringComparison.Ordinal);
        Assert.Equal(Content(5000), File.ReadAllBytes(file.Path));
    }

    [KvmTheory]
    [InlineData(Amd64)]
    [InlineData(I686)]
    [InlineData(Flat)]
    public void Code_in_a_file_can_be_run(string name)
    {
        using GuestFile file = new(1);
        File.WriteAllBytes(file.Path, [0xB8, 42, 0, 0, 0, 0xC3]); // mov eax, 42; ret
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        GuestPhysicalAddress at = FreeAddress(name);
        sandbox.Call<ulong>("MapRegion", at.Value, 0UL, (ulong)sandbox.MapFile(file.Path, at).Size, Execute);

        Assert.Equal(42, sandbox.Call<int>("RunCode", at.Value));
    }

    [KvmFact]
    public void A_file_of_the_options_is_there_before_the_first_instruction()
    {
        using GuestFile file = new(1);
        File.WriteAllText(file.Path, "Z");

        // mov ax, 0x8000; mov ds, ax; mov al, [0]; mov dx, 103; out dx, al; and sp, -16; mov dx, 108; out dx, al; hlt
        byte[] code = [0xB8, 0, 0x80, 0x8E, 0xD8, 0xA0, 0, 0, 0xBA, 103, 0, 0xEE, 0x83, 0xE4, 0xF0, 0xBA, 108, 0, 0xEE, 0xF4];
        using TestGuest guest = TestGuest.FromElf(TestElf.I686()
            .WithoutSegments().WithSegment(0, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, code).WithEntry(0).Build());
        using StringWriter printed = new();

        using Sandbox sandbox = guest.Start(options =>
        {
            options.DebugPrint = printed;
            options.MapFile(file.Path, new(0x80000));
        });

        Assert.Equal("Z", printed.ToString().TrimEnd());
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_file_of_the_options_is_there_after_a_start_from_a_snapshot(string name)
    {
        using GuestFile file = new(5000);
        using TestGuest guest = new(name);
        using Sandbox first = guest.Start();
        using Snapshot snapshot = first.TakeSnapshot();
        GuestPhysicalAddress at = FreeAddress(name);

        using Sandbox sandbox = snapshot.CreateSandbox(options => options.MapFile(file.Path, at));

        sandbox.Call<ulong>("MapRegion", at.Value, 0UL, 0x2000UL, ReadOnly);
        Assert.Equal(9, sandbox.Call<int>("ReadByte", at.Value + 9));
    }
}
