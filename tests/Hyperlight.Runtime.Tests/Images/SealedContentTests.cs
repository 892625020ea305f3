using System.Diagnostics;
using Hyperlight.Files;
using Hyperlight.Memory;
using Hyperlight.Oci;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Testing;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Runtime.Tests.Images;

/// <summary>
/// Tests memory blobs that are changed or shortened while images use them: the checked content runs, and the host never reads a missing
/// page.
/// </summary>
public sealed class SealedContentTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hyperlight-sealed-");

    private string Dumps => Path.Combine(_directory.FullName, "dumps");

    public void Dispose() => _directory.Delete(recursive: true);

    [KvmTheory]
    [InlineData("misbehave", true)]
    [InlineData("misbehave32", true)]
    [InlineData("misbehave-flat", true)]
    [InlineData("misbehave32", false)]
    [InlineData("misbehave-flat", false)]
    public void A_blob_that_is_overwritten_and_cut_after_it_was_opened_changes_nothing(string name, bool verifyContent)
    {
        using TestGuest guest = new(name);
        using GuestImage image = GuestImage.Open(Copy(guest), options => options.VerifyContent = verifyContent);
        using Sandbox before = Start(image);
        string blob = Blob(image);
        long length = new FileInfo(blob).Length;
        File.WriteAllBytes(blob, [.. Enumerable.Repeat((byte)0xF4, (int)length)]);
        Assert.Equal(42, before.Call<int>("DataWord"));

        using (FileStream file = new(blob, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(0);
        }

        using Sandbox after = Start(image);
        Assert.Equal((42, 42), (before.Call<int>("DataWord"), after.Call<int>("DataWord")));
        if (image.Layout.ListsFileMappings)
        {
            string mapped = Path.Combine(_directory.FullName, "mapped");
            File.WriteAllText(mapped, "content");
            after.MapFile(mapped, new(0x8000_0000));
        }

        using Snapshot snapshot = after.TakeSnapshot();
        snapshot.Save(Path.Combine(_directory.FullName, "saved"), "ready");
        Assert.ThrowsAny<HyperlightException>(() => after.Call<int>("ReadByte", 0x7000_0000UL));
        Assert.Single(Directory.GetFiles(Dumps));
        after.Restore(snapshot);
        Assert.Equal(42, after.Call<int>("DataWord"));
    }

    [KvmFact]
    public void Unchecked_a_blob_that_is_cut_while_it_is_in_use_is_an_error_of_whoever_needs_it()
    {
        using TestGuest guest = new("misbehave");
        using GuestImage image = GuestImage.Open(Copy(guest), options => options.VerifyContent = false);
        using Sandbox neighbour = guest.Start();
        using Sandbox sandbox = Start(image);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using (FileStream file = new(Blob(image), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(0);
        }

        HyperlightException save = Assert.Throws<HyperlightException>(
            () => snapshot.Save(Path.Combine(_directory.FullName, "saved"), "ready"));
        HyperlightException start = Assert.Throws<HyperlightException>(() => Start(image));
        Assert.Throws<GuestFaultException>(() => sandbox.Call<int>("DataWord"));

        Assert.Equal((Rules.ContentChanged, Rules.ContentChanged), (save.Finding?.Rule, start.Finding?.Rule));
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
        Assert.Single(Directory.GetFiles(Dumps));
        Assert.Equal(42, neighbour.Call<int>("DataWord"));
    }

    /// <summary>The page tables are read from the file when a sandbox needs them first.</summary>
    [KvmFact]
    public void Unchecked_a_snapshot_whose_file_is_cut_after_it_was_loaded_is_HL3013_and_harms_no_sandbox()
    {
        string saved = Path.Combine(_directory.FullName, "saved");
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            snapshot.Save(saved, "ready");
        }

        using Snapshot loaded = Snapshot.Load(saved, "ready", options => options.VerifyContent = false);
        foreach (string path in Directory.GetFiles(OciLayout.BlobDirectory(saved)))
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(0);
        }

        HyperlightException create = Assert.Throws<HyperlightException>(() => loaded.CreateSandbox());
        HyperlightException restore = Assert.Throws<HyperlightException>(() => sandbox.Restore(loaded));

        Assert.Equal((Rules.ContentChanged, Rules.ContentChanged), (create.Finding?.Rule, restore.Finding?.Rule));
        Assert.Equal(SandboxState.Ready, sandbox.State);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [KvmFact]
    public void A_content_that_is_opened_twice_is_in_memory_once_and_goes_with_its_last_user()
    {
        using TestGuest guest = new("misbehave", request => request with { Sizes = new() { HeapSize = 0x11000 } });
        guest.Image.Dispose();
        GuestImage first = GuestImage.Open(Copy(guest));
        GuestImage second = GuestImage.Open(Copy(guest));
        Assert.Same(first.File.Handle, second.File.Handle);

        Sandbox sandbox = Start(second);
        first.Dispose();
        second.Dispose();
        Assert.False(second.File.Handle.IsClosed);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));

        sandbox.Dispose();
        Assert.True(second.File.Handle.IsClosed);
        using GuestImage third = GuestImage.Open(Copy(guest));
        Assert.NotSame(second.File.Handle, third.File.Handle);
    }

    [Fact]
    public void A_copy_that_is_known_does_not_hide_that_another_file_is_damaged()
    {
        using TestGuest guest = new("misbehave");
        string other = Copy(guest);
        string blob = Directory.GetFiles(OciLayout.BlobDirectory(other)).MaxBy(path => new FileInfo(path).Length)!;
        byte[] bytes = File.ReadAllBytes(blob);
        bytes[^1] ^= 1;
        File.WriteAllBytes(blob, bytes);

        Assert.Equal(Rules.ImageDigest, Assert.Throws<HyperlightException>(() => GuestImage.Open(other)).Finding?.Rule);
    }

    [Fact]
    public void A_sealed_copy_has_the_bytes_and_takes_no_memory_for_zeros()
    {
        string path = Path.Combine(_directory.FullName, "file");
        byte[] bytes = new byte[(1 << 20) + 10];
        bytes[5] = 1;
        bytes[0x4_0000] = 2;
        bytes[^1] = 3;
        File.WriteAllBytes(path, bytes);
        using SafeFileHandle file = OrdinaryFile.Open(path);
        Assert.True(FileSystem.IsLocal(file));

        using SafeFileHandle copy = SealedFile.Copy("a test", file, bytes.Length, hash: null);

        byte[] copied = new byte[(1 << 20) + 0x1000];
        Assert.Equal(copied.Length, RandomAccess.Read(copy, copied, 0));
        Assert.Equal([.. bytes, .. new byte[0x1000 - 10]], copied);
        Assert.Equal("3", Allocated(copy)); // pages
        Assert.Throws<UnauthorizedAccessException>(() => RandomAccess.Write(copy, [1], 0));
        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(copy, 0));
    }

    [Fact]
    public void What_the_kernel_or_a_server_answers_for_is_copied_before_a_guest_sees_it()
    {
        const string Notes = "/sys/kernel/notes";
        Assert.SkipUnless(File.Exists(Notes), $"{Notes} is not there");

        using SharedMemory shared = RegularFile.Map(Notes, Hypervisor.Chosen.Memory);

        Assert.True(Assert.IsType<SharedFile>(shared.Source).IsSealed);
        Assert.Equal(File.ReadAllBytes(Notes), shared.Memory.Page(0)[..(int)new FileInfo(Notes).Length].ToArray());
    }

    // For a file in memory st_blocks is the allocated size in units of 512 bytes.
    private static string Allocated(SafeFileHandle file)
    {
        string path = $"/proc/{Environment.ProcessId}/fd/{file.DangerousGetHandle()}";
        FinishedProcess stat = FinishedProcess.Run(new ProcessStartInfo("stat", ["-L", "-c", "%b", path]));
        return $"{int.Parse(stat.Output, null) / 8}";
    }

    private static string Blob(GuestImage image) =>
        Directory.GetFiles(OciLayout.BlobDirectory(image.Directory)).Single(path => new FileInfo(path).Length % 0x1000 == 0);

    private Sandbox Start(GuestImage image) => image.CreateSandbox(options =>
    {
        options.Print = TextWriter.Null;
        options.DebugPrint = TextWriter.Null;
        options.CrashDumpDirectory = Dumps;
    });

    /// <summary>Copies the image to another folder.</summary>
    private string Copy(TestGuest guest)
    {
        string target = Path.Combine(_directory.FullName, Path.GetRandomFileName());
        foreach (string path in Directory.GetFiles(guest.Image.Directory, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(guest.Image.Directory, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }

        return target;
    }
}
