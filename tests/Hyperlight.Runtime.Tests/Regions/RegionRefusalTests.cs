using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Testing;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Regions;

/// <summary>Tests files and addresses that cannot be mapped. Each error gives a reason, and the sandbox does not change.</summary>
public sealed class RegionRefusalTests : IDisposable
{
    // An address in the default heap, behind the PEB and before the init data.
    private const ulong HeapOfI686 = 0x2_0000;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hyperlight-regions-");

    public void Dispose() => _directory.Delete(recursive: true);

    [KvmTheory]
    [InlineData(Amd64, 0x2_0000_0800, "HL2013", "use 0x200000000")]
    [InlineData(Amd64, 0x1000, "HL2004", "overlaps the guest's image (0x1000-")]
    [InlineData(Amd64, 0x0, "HL2004", "overlaps the guest's image (0x1000-")]
    [InlineData(Amd64, 0xF_FFFB_7000, "HL2004", "overlaps the scratch region (0xFFFFB8000-0xFFFFFFFFF)")]
    [InlineData(Amd64, 0x1_0000_1000, "HL2004", "overlaps 'taken' (0x100000000-0x100001FFF)")]
    [InlineData(Amd64, 0xFFFF_F000, "HL2004", "overlaps 'taken'")]
    [InlineData(Amd64, 0xF_FFFF_F000, "HL2005", "beyond 0xFFFFFFFFF")]
    [InlineData(Amd64, 0x10_0000_0000, "HL2005", "beyond 0xFFFFFFFFF")]
    [InlineData(Amd64, 0xFFFF_FFFF_FFFF_F000, "HL2005", "map it lower")]
    [InlineData(I686, 0x0, "HL2004", "overlaps the guest's image (0x0-")]
    [InlineData(I686, HeapOfI686, "HL2004", "overlaps the guest's image (0x0-")] // i686 sheet, sections 4.3 (PEB) and 9
    [InlineData(I686, 0xFFFB_7000, "HL2004", "overlaps the scratch region (0xFFFB8000-0xFFFFFFFF)")]
    [InlineData(I686, 0xFFFF_D000, "HL2004", "overlaps the scratch region (0xFFFB8000-0xFFFFFFFF)")]
    [InlineData(Flat, 0x0, "HL2009", "the null guard (0x0-0xFFF)")]
    [InlineData(Flat, 0x10_0000, "HL2004", "overlaps the guest's image (0x100000-")]
    [InlineData(Flat, 0xFFFB_7000, "HL2004", "overlaps the scratch region (0xFFFB8000-0xFFFFFFFF)")]
    [InlineData(Flat, 0xFEE0_0000, "HL2009", "the local APIC (0xFEE00000-0xFEE00FFF)")]
    [InlineData(I686, 0xFFFF_F000, "HL2005", "beyond 0xFFFFFFFF")]
    [InlineData(I686, 0xFEE0_0000, "HL2009", "the local APIC (0xFEE00000-0xFEE00FFF)")]
    [InlineData(I686, 0xFEBF_F000, "HL2009", "the IOAPIC (0xFEC00000-")]
    [InlineData(I686, 0xFEDF_E000, "HL2009", "the hypervisor (0xFEDFC000-0xFEDFFFFF)")]
    public void An_address_that_cannot_be_used_is_a_coded_error(string name, ulong address, string code, string text)
    {
        using GuestFile file = new(0x2000);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        using SharedRegion taken = SharedRegion.FromBytes("taken", new byte[0x2000]);
        if (name == Amd64)
        {
            sandbox.MapRegion(taken, new(0x1_0000_0000));
        }

        HyperlightException exception = Assert.Throws<HyperlightException>(() => sandbox.MapFile(file.Path, new(address)));

        Assert.Equal(code, exception.Finding?.Rule.Code);
        Assert.Contains(file.Path, exception.Message, StringComparison.Ordinal);
        Assert.Contains(text, exception.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Ready, sandbox.State);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [KvmTheory(Needs.Interrupts)]
    [InlineData(0xFEE0_0000, "the local APIC (0xFEE00000-0xFEE00FFF)")]
    [InlineData(0xFEBF_F000, "the IOAPIC (0xFEC00000-")]
    public void The_interrupt_controllers_of_an_amd64_guest_are_not_covered(ulong address, string text)
    {
        using GuestFile file = new(0x2000);
        using TestGuest guest = new(Amd64, request => request with { Sizes = request.Sizes with { HardwareInterrupts = true } });
        using Sandbox sandbox = guest.Start();
        using TestGuest plain = new(Amd64);
        using Sandbox without = plain.Start();
        without.MapFile(file.Path, new(address));

        HyperlightException exception = Assert.Throws<HyperlightException>(() => sandbox.MapFile(file.Path, new(address)));

        Assert.Equal("HL2009", exception.Finding?.Rule.Code);
        Assert.Contains(text, exception.Message, StringComparison.Ordinal);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [KvmTheory]
    [InlineData(Amd64, 0xF_FFFB_6000)]
    [InlineData(I686, 0xFFFB_6000)]
    [InlineData(I686, 0xFEE0_3000)]
    [InlineData(I686, 0xFEDF_A000)]
    public void Right_beside_what_is_there_is_free(string name, ulong address)
    {
        using GuestFile file = new(0x2000);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();

        sandbox.MapFile(file.Path, new(address));
        sandbox.MapFile(file.Path, new(address - 0x2000));

        sandbox.Call<ulong>("MapRegion", address, 0UL, 0x2000UL, ReadOnly);
        Assert.Equal(3, sandbox.Call<int>("ReadByte", address + 3));
    }

    [KvmTheory]
    [InlineData("missing", "No such file or directory")]
    [InlineData("", "is a folder")]
    [InlineData("empty", "is empty")]
    [InlineData("pipe", "no ordinary file")]
    [InlineData("/dev/zero", "no ordinary file")]
    [InlineData("/sys/devices/system/cpu/online", "cannot be mapped")]
    public void A_file_that_cannot_be_used_is_HL2013(string path, string text)
    {
        File.WriteAllText(Path.Combine(_directory.FullName, "empty"), "");
        NamedPipe.Create(Path.Combine(_directory.FullName, "pipe"));
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        string full = Path.Combine(_directory.FullName, path);

        HyperlightException exception = Assert.Throws<HyperlightException>(() => sandbox.MapFile(full, FreeAddress(Amd64)));

        Assert.Equal("HL2013", exception.Finding?.Rule.Code);
        Assert.Contains($"'{full}'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(text, exception.Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void A_path_that_would_be_cut_is_refused()
    {
        using GuestFile file = new(1);
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();

        Assert.Throws<ArgumentException>(() => sandbox.MapFile(file.Path + "\0x", FreeAddress(Amd64)));
        Assert.Throws<ArgumentException>(() => sandbox.MapFile("", FreeAddress(Amd64)));
    }

    [KvmFact]
    public void Where_nothing_is_mapped_nothing_can_be_unmapped()
    {
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        using SharedRegion region = SharedRegion.FromBytes("region", new byte[0x2000]);
        sandbox.MapRegion(region, FreeAddress(Amd64));

        Assert.Equal("HL2013", Assert.Throws<HyperlightException>(() => sandbox.Unmap(FreeAddress(Amd64) + 0x1000)).Finding?.Rule.Code);
        sandbox.Unmap(FreeAddress(Amd64));
        Assert.Throws<HyperlightException>(() => sandbox.Unmap(FreeAddress(Amd64)));
    }

    [KvmFact]
    public void A_start_with_a_file_that_cannot_be_mapped_fails_with_its_error()
    {
        using TestGuest guest = new(Amd64);

        Assert.Equal(
            "HL2013",
            Assert.Throws<HyperlightException>(() =>
                guest.Start(options => options.MapFile("/missing", FreeAddress(Amd64)))).Finding?.Rule.Code);
    }

    [KvmFact]
    public void During_a_call_there_is_no_mapping()
    {
        using TestGuest guest = new(Amd64);
        using GuestFile file = new(1);
        using SharedRegion region = SharedRegion.FromBytes("region", [1]);
        Sandbox? self = null;
        List<string> refused = [];
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("Block", () =>
        {
            refused.Add(Assert.Throws<InvalidOperationException>(() => self!.MapFile(file.Path, FreeAddress(Amd64))).Message);
            refused.Add(Assert.Throws<InvalidOperationException>(() => self!.MapRegion(region, FreeAddress(Amd64))).Message);
            refused.Add(Assert.Throws<InvalidOperationException>(() => self!.Unmap(FreeAddress(Amd64))).Message);
        }));
        self = sandbox;

        sandbox.Call("SpinInHostCall");

        Assert.Equal(3, refused.Count);
    }

    [KvmFact]
    public void A_poisoned_or_disposed_sandbox_maps_nothing()
    {
        using TestGuest guest = new(Amd64);
        using GuestFile file = new(1);
        using SharedRegion region = SharedRegion.FromBytes("region", [1]);
        using Sandbox sandbox = guest.Start();
        sandbox.MapRegion(region, FreeAddress(Amd64));
        Assert.Throws<GuestAbortedException>(() => sandbox.Call("Abort", 1, "x"));

        Assert.Throws<SandboxPoisonedException>(() => sandbox.MapFile(file.Path, FreeAddress(Amd64) + 0x1000));
        Assert.Throws<SandboxPoisonedException>(() => sandbox.MapRegion(region, FreeAddress(Amd64) + 0x1000));
        Assert.Throws<SandboxPoisonedException>(() => sandbox.Unmap(FreeAddress(Amd64)));

        sandbox.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sandbox.MapFile(file.Path, FreeAddress(Amd64)));
        Assert.Throws<ObjectDisposedException>(() => sandbox.MapRegion(region, FreeAddress(Amd64)));
    }
}
