using System.Diagnostics;
using System.IO.Pipes;
using Hyperlight.Files;
using Hyperlight.Testing;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Image.Tests.Files;

[Trait("Wine", "yes")]
public sealed class WindowsOrdinaryFileTests : IDisposable
{
    private readonly TemporaryDirectory _root;

    public WindowsOrdinaryFileTests()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "needs Windows or Wine");
        _root = new();
        Directory.CreateDirectory(In("folder"));
        File.WriteAllText(In("folder", "file"), "content");
    }

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("NUL")]
    [InlineData(@"\\.\NUL")]
    [InlineData("CON")]
    [InlineData("COM1")]
    [InlineData(@"\\.\PhysicalDrive0")]
    [InlineData(@"\\.\C:")]
    public void A_device_is_refused_at_once(string path)
    {
        // The machine may not have the device, or the user may not open it.
        Exception exception = Assert.ThrowsAny<Exception>(() => OrdinaryFile.OpenOrEmpty(path));

        Assert.True(exception is InvalidDataException or IOException or UnauthorizedAccessException, exception.ToString());
    }

    [Fact]
    public void The_device_NUL_is_refused() =>
        Assert.Contains(
            "device", Assert.Throws<InvalidDataException>(() => OrdinaryFile.OpenOrEmpty("NUL")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_pipe_is_refused_at_once()
    {
        string name = Path.GetRandomFileName();
        using NamedPipeServerStream server = new(name, PipeDirection.InOut);

        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => OrdinaryFile.Open(@"\\.\pipe\" + name));

        Assert.Contains("pipe", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_writes_to_an_open_file_or_deletes_it()
    {
        foreach (Func<SafeFileHandle> open in (Func<SafeFileHandle>[])
            [() => OrdinaryFile.Open(In("folder", "file")), () => OrdinaryFile.OpenBelow(_root.Path, "folder", "file")])
        {
            using SafeFileHandle file = open();
            Assert.ThrowsAny<IOException>(() => File.AppendAllText(In("folder", "file"), "more"));
            Assert.ThrowsAny<IOException>(() => File.Delete(In("folder", "file")));
            Assert.Equal("content", File.ReadAllText(In("folder", "file")));
        }

        using (SafeFileHandle read = OrdinaryFile.OpenOrEmpty(In("folder", "file")))
        {
            File.AppendAllText(In("folder", "file"), "more");
        }

        File.Delete(In("folder", "file"));
    }

    [Fact]
    public void A_file_that_somebody_writes_is_not_opened()
    {
        using SafeFileHandle writer = File.OpenHandle(
            In("folder", "file"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

        Assert.ThrowsAny<IOException>(() => OrdinaryFile.Open(In("folder", "file")));
        Assert.ThrowsAny<IOException>(() => OrdinaryFile.OpenBelow(_root.Path, "folder", "file"));
        OrdinaryFile.OpenOrEmpty(In("folder", "file")).Dispose();
    }

    [Fact]
    public void A_link_below_the_folder_is_refused()
    {
        (string folder, string[] names) = IsWine
            ? (@"Z:\", ["proc", "version"]) // Wine has no links of its own, and shows mount points of Linux as such.
            : (_root.Path, (string[])["link", "file"]);
        if (!IsWine)
        {
            FinishedProcess.Run(new ProcessStartInfo("cmd", ["/c", "mklink", "/J", In("link"), In("folder")]));
        }

        Assert.Equal("content".Length, IsWine ? 7 : File.ReadAllText(In("link", "file")).Length);
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => OrdinaryFile.OpenBelow(folder, names));
        Assert.Contains("is a link", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_longer_than_260_characters_is_opened()
    {
        string deep = In([.. Enumerable.Repeat(new string('d', 50), 6)]);
        Directory.CreateDirectory(deep);
        File.WriteAllText(Path.Combine(deep, "file"), "content");

        OrdinaryFile.Open(Path.Combine(deep, "file")).Dispose();
        OrdinaryFile.OpenBelow(deep, "file").Dispose();
    }

    private static bool IsWine => Directory.Exists(@"Z:\proc\self");

    private string In(params ReadOnlySpan<string> names) => Path.Combine([_root.Path, .. names]);
}
