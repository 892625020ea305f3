using System.Globalization;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Microkernels;

/// <summary>Tests a kernel that starts itself, in each 32-bit layout, and what the host provides for it (i686 sheet, section 5).</summary>
public class MicrokernelTests
{
    [Theory]
    [MicrokernelVariants]
    public void It_boots_finds_its_PEB_behind_its_image_and_calls_the_host(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        Assert.Equal(
            variant switch { "identity" => GuestLayouts.I686V13.Id, "flat" => GuestLayouts.I686Flat.Id, _ => GuestLayouts.I686V15.Id },
            image.Guest.Image.Layout.Id);
        Assert.Equal($"microkernel, {variant}, kmain 1", kernel.Greeting());
        Assert.Equal($"microkernel, {variant}, kmain 2", kernel.Greeting());
        Assert.Equal(["hello: unknown request"], kernel.Ask("hello"));
    }

    [Theory]
    [MicrokernelVariants]
    public void The_result_of_kmain_is_the_exit_code(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        Assert.All([0, 1, 127, 128, 255, 256, 511], code => Assert.Equal(code & 0xFF, kernel.Run($"exit {code}")));
    }

    [Theory]
    [MicrokernelVariants]
    public void Another_function_than_kmain_is_a_guest_error(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        GuestErrorException error = Assert.Throws<GuestErrorException>(() => kernel.Sandbox.Call<int>("main"));

        Assert.Equal(GuestErrorCode.GuestError, error.Code);
        Assert.Equal(SandboxState.Ready, kernel.Sandbox.State);
        Assert.Equal(5, kernel.Run("exit 5"));
    }

    [Theory]
    [MicrokernelVariants]
    public void It_learns_its_memory_from_the_host(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();
        MemoryMap map = image.Guest.Image.Map;

        string expected = string.Create(CultureInfo.InvariantCulture,
            $"memory: snapshot {map.BlobSize}, page tables {map.PageTables.Size}, ramfs 4096 at 0x80000000, scratch {map.Scratch.Size}");

        Assert.Equal([expected], kernel.Ask("memory"));
    }

    [Theory]
    [MicrokernelVariants]
    public void It_reads_the_files_that_the_host_maps(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        Assert.Equal(
            [MicrokernelImage.Motd, "ramfs: 29 bytes", "", "ramfs: 0 bytes", "ramfs: no file mot"],
            kernel.Ask("ramfs motd", "ramfs empty", "ramfs mot"));
    }

    [Theory]
    [MicrokernelVariants]
    public void Files_that_are_no_archive_or_a_torn_one_are_not_there(string variant)
    {
        byte[] torn = MicrokernelImage.Archive(("long", new string('x', 5000)), ("motd", MicrokernelImage.Motd))[..4096];
        byte[] sizeless = MicrokernelImage.Archive(("motd", MicrokernelImage.Motd));
        sizeless.AsSpan(124, 11).Fill((byte)'9');
        byte[] noise = new byte[4096];
        new Random(1).NextBytes(noise);

        Assert.All([torn, sizeless, noise], ramfs =>
        {
            using MicrokernelImage image = new(variant, ramfs: ramfs);
            using BootedMicrokernel kernel = image.Boot();
            Assert.Equal(["ramfs: no file motd", "ramfs: no file long"], kernel.Ask("ramfs motd", "ramfs long"));
        });
    }

    /// <summary>Files are mapped without write permission (i686 sheet, section 9).</summary>
    [KvmTheory(Needs.Interrupts)]
    [InlineData("identity")]
    [InlineData("flat")]
    public void The_host_keeps_it_from_writing_to_its_files(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => kernel.Run("scribble motd"));

        Assert.Equal((new GuestPhysicalAddress(0x8000_0400), MemoryAccessKind.Write), (fault.Address, fault.Access));
        using BootedMicrokernel other = image.Boot();
        Assert.Equal(MicrokernelImage.Motd, other.Ask("ramfs motd")[0]);
    }

    [Theory]
    [MicrokernelVariants]
    public void Bulk_data_of_any_length_goes_through_it_in_chunks(string variant)
    {
        using MicrokernelImage image = new(variant);

        Assert.All([0, 1, 396, 397, 792, 12_345], length =>
        {
            byte[] bulk = new byte[length];
            new Random(length).NextBytes(bulk);
            using BootedMicrokernel kernel = image.Boot(bulk);
            Assert.Equal([$"bulk: {length} bytes, sum {bulk.Sum(value => value)}"], kernel.Ask("bulk"));
            Assert.Equal(bulk, kernel.Host.BulkOutput.ToArray());
        });
    }

    /// <summary>
    /// The processor sets the accessed bit in a descriptor table inside the image without a store instruction (i686 sheet, sections 5.2 and
    /// 6.2).
    /// </summary>
    [Theory]
    [MicrokernelVariants]
    public void The_processor_writes_to_the_GDT_of_this_sandbox_and_of_no_other(string variant)
    {
        byte[] data = [0xFF, 0xFF, 0, 0, 0, 0x92, 0xCF, 0];
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        // The answer is about the data segment, because some processors do not set the bit for the code segment.
        Assert.EndsWith(" 0x93", Assert.Single(kernel.Ask("gdt")), StringComparison.Ordinal);
        Assert.NotEqual(
            -1, File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Guests", $"microkernel-{variant}.elf")).AsSpan().IndexOf(data));
        image.Guest.AssertUnchanged();
    }

    /// <summary>The kernel clears its BSS itself (i686 sheet, section 5.2). Here the host has not cleared it before.</summary>
    [Theory]
    [MicrokernelVariants]
    public void It_clears_its_own_memory(string variant)
    {
        using MicrokernelImage image = new(variant, request => request with { Guest = WithGarbageAfterData(request.Guest.ToArray()) });
        using BootedMicrokernel kernel = image.Boot();

        Assert.Equal($"microkernel, {variant}, kmain 1", kernel.Greeting());
    }

    [Theory]
    [MicrokernelVariants]
    public void Exceptions_are_reported(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        Assert.Equal(6, Assert.Throws<GuestCpuException>(() => kernel.Run("crash")).Vector);
    }

    /// <summary>If there is no room for the result, the code of the result is that of an abort (i686 sheet, section 5.2, step 7).</summary>
    [Theory]
    [MicrokernelVariants]
    public void A_kernel_that_cannot_return_its_code_aborts(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();

        GuestAbortedException aborted = Assert.Throws<GuestAbortedException>(() => kernel.Run("fill"));

        Assert.Equal((1, "No room for a result"), (aborted.Code, aborted.GuestMessage));
    }

    [Theory]
    [MicrokernelVariants]
    public void What_the_host_refuses_is_the_error_of_kmain_and_harms_nobody(string variant)
    {
        using MicrokernelImage image = new(
            variant, ramfs: MicrokernelImage.Archive(("long", new string('x', VmbusHost.MaxMessageSize + 1))));
        using BootedMicrokernel kernel = image.Boot();

        GuestErrorException error = Assert.Throws<GuestErrorException>(() => kernel.Run("ramfs long", "exit 0"));

        Assert.Equal(GuestErrorCode.HostFunctionError, error.Code);
        Assert.Contains("4097 bytes is too long", error.Message, StringComparison.Ordinal);
        Assert.Equal(7, kernel.Run("exit 7"));
    }

    [Theory]
    [MicrokernelVariants]
    public void A_snapshot_between_calls_is_where_it_goes_on(string variant)
    {
        using MicrokernelImage image = new(variant);
        using BootedMicrokernel kernel = image.Boot();
        kernel.Greeting();
        using Snapshot snapshot = kernel.Sandbox.TakeSnapshot();
        kernel.Greeting();
        Assert.Throws<GuestCpuException>(() => kernel.Run("crash"));

        for (int i = 0; i < 3; i++)
        {
            kernel.Sandbox.Restore(snapshot);
            image.MapFiles(kernel.Sandbox);
            Assert.Equal($"microkernel, {variant}, kmain 2", kernel.Greeting());
            Assert.Equal(MicrokernelImage.Motd, kernel.Ask("ramfs motd")[0]);
        }

        using BootedMicrokernel other = image.Boot(from: snapshot);
        Assert.Equal($"microkernel, {variant}, kmain 2", other.Greeting());
        Assert.Equal(MicrokernelImage.Motd, other.Ask("ramfs motd")[0]);
    }

    [Theory]
    [MicrokernelVariants]
    public void It_goes_on_from_disk_as_from_memory(string variant)
    {
        DirectoryInfo saved = Directory.CreateTempSubdirectory("hyperlight-kernel-");
        try
        {
            using MicrokernelImage image = new(variant);
            using (BootedMicrokernel kernel = image.Boot())
            {
                kernel.Greeting();
                using Snapshot snapshot = kernel.Sandbox.TakeSnapshot();
                snapshot.Save(saved.FullName, "booted");
            }

            using Snapshot loaded = Snapshot.Load(saved.FullName, "booted");
            using BootedMicrokernel other = image.Boot(from: loaded);
            Assert.Equal($"microkernel, {variant}, kmain 2", other.Greeting());
            Assert.Equal(MicrokernelImage.Motd, other.Ask("ramfs motd")[0]);
        }
        finally
        {
            saved.Delete(recursive: true);
        }
    }

    [KvmFact]
    public void Without_interrupt_controllers_it_is_told_which_port_there_is_not()
    {
        using MicrokernelImage image = new("flat", request => request with { Sizes = request.Sizes with { HardwareInterrupts = false } });
        using BootedMicrokernel kernel = image.Boot();

        Assert.Matches(@"port 32\b", Assert.Throws<GuestProtocolException>(() => kernel.Run()).Message);
    }

    // Stores bytes in the file for the part of the last segment that the loader would fill with zeros.
    private static byte[] WithGarbageAfterData(byte[] elf)
    {
        const int HeaderSize = 32;
        int headers = BitConverter.ToInt32(elf, 28);
        int count = BitConverter.ToInt16(elf, 44);
        int last = Enumerable.Range(0, count).Select(index => headers + (index * HeaderSize))
            .Last(header => BitConverter.ToInt32(elf, header) == 1);
        int offset = BitConverter.ToInt32(elf, last + 4);
        int address = BitConverter.ToInt32(elf, last + 8);
        int stored = BitConverter.ToInt32(elf, last + 16);
        int size = BitConverter.ToInt32(elf, last + 20);
        int start = ((elf.Length + 4095) & ~4095) + (address & 4095);
        byte[] changed = new byte[start + size];
        elf.CopyTo(changed, 0);
        elf.AsSpan(offset, stored).CopyTo(changed.AsSpan(start));
        changed.AsSpan(start + stored).Fill(0xA5);
        BitConverter.TryWriteBytes(changed.AsSpan(last + 4), start);
        BitConverter.TryWriteBytes(changed.AsSpan(last + 16), size);
        return changed;
    }
}
