using Hyperlight.Files;
using Hyperlight.Testing;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Image.Tests.Files;

/// <summary>Tests how files are opened on every operating system.</summary>
[Trait("Wine", "yes")]
public sealed class OrdinaryFileTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public OrdinaryFileTests()
    {
        Directory.CreateDirectory(In("one", "two"));
        File.WriteAllText(In("one", "two", "file"), "content");
        File.WriteAllText(In("empty"), "");
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_file_is_opened_by_its_path_and_below_a_folder()
    {
        using SafeFileHandle file = OrdinaryFile.Open(In("one", "two", "file"));
        using SafeFileHandle same = OrdinaryFile.OpenOrEmpty(In("one", "two", "file"));
        using SafeFileHandle below = OrdinaryFile.OpenBelow(_root.Path, "one", "two", "file");

        Assert.All([file, same, below], handle =>
        {
            byte[] bytes = new byte[10];
            Assert.Equal(7, RandomAccess.Read(handle, bytes, 0));
            Assert.Equal("content"u8, bytes.AsSpan(0, 7));
            Assert.Equal(0, RandomAccess.Read(handle, bytes, 7));
        });
    }

    [Fact]
    public void A_folder_is_refused()
    {
        Assert.Contains(" is a folder", Refused(() => OrdinaryFile.Open(In("one"))), StringComparison.Ordinal);
        Assert.Contains(" is a folder", Refused(() => OrdinaryFile.OpenOrEmpty(In("one"))), StringComparison.Ordinal);
        Assert.Contains(" is a folder", Refused(() => OrdinaryFile.OpenBelow(_root.Path, "one", "two")), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_refused_unless_it_may_be_empty()
    {
        Assert.Contains(" is empty ", Refused(() => OrdinaryFile.Open(In("empty"))), StringComparison.Ordinal);
        Assert.Contains(" is empty ", Refused(() => OrdinaryFile.OpenBelow(_root.Path, "empty")), StringComparison.Ordinal);
        OrdinaryFile.OpenOrEmpty(In("empty")).Dispose();
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        string[] messages =
        [
            Assert.ThrowsAny<IOException>(() => OrdinaryFile.Open(In("none"))).Message,
            Assert.ThrowsAny<IOException>(() => OrdinaryFile.OpenOrEmpty(In("none"))).Message,
            Assert.ThrowsAny<IOException>(() => OrdinaryFile.OpenBelow(_root.Path, "none")).Message,
            Assert.ThrowsAny<IOException>(() => OrdinaryFile.OpenBelow(In("none"), "file")).Message,
        ];

        Assert.All(messages, message => Assert.Contains(In("none"), message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_in_place_of_a_folder_is_refused() =>
        Assert.Contains(
            "no folder", Refused(() => OrdinaryFile.OpenBelow(_root.Path, "one", "two", "file", "more")), StringComparison.Ordinal);

    [Fact]
    public void A_file_of_this_computer_is_local()
    {
        using SafeFileHandle file = OrdinaryFile.Open(In("one", "two", "file"));

        Assert.True(FileSystem.IsLocal(file));
    }

    private string In(params ReadOnlySpan<string> names) => Path.Combine([_root.Path, .. names]);

    private static string Refused(Func<SafeFileHandle> open) => Assert.Throws<InvalidDataException>(open).Message;
}
