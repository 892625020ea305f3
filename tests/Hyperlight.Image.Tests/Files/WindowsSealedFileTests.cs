using Hyperlight.Files;

namespace Hyperlight.Image.Tests.Files;

[Trait("Wine", "yes")]
public sealed class WindowsSealedFileTests
{
    // A size that the temporary file of no other test has.
    private const int Size = 0x12_3000;

    public WindowsSealedFileTests() => Assert.SkipUnless(OperatingSystem.IsWindows(), "needs Windows or Wine");

    [Fact]
    public void Nobody_can_open_replace_or_delete_the_file_and_closing_deletes_it()
    {
        string path;
        using (SealedFile.Create("a test", file => RandomAccess.Write(file, new byte[Size], 0)))
        {
            path = Assert.Single(Find());
            const FileShare Everything = FileShare.ReadWrite | FileShare.Delete;
            Assert.ThrowsAny<IOException>(() => File.OpenHandle(path, FileMode.Open, FileAccess.Read, Everything));
            Assert.ThrowsAny<IOException>(() => File.OpenHandle(path, FileMode.Open, FileAccess.Write, Everything));
            Assert.ThrowsAny<IOException>(() => File.Delete(path));
            Assert.ThrowsAny<IOException>(() => File.Move(path, path + ".moved"));
            Assert.ThrowsAny<Exception>(() => File.WriteAllBytes(path, [1]));
            Assert.Equal(Size, new FileInfo(path).Length);
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_file_that_cannot_be_filled_is_gone()
    {
        Assert.Throws<InvalidOperationException>(() => SealedFile.Create("a test", file =>
        {
            RandomAccess.SetLength(file, Size + 1);
            throw new InvalidOperationException();
        }));

        Assert.Empty(Find(Size + 1));
    }

    private static string[] Find(int size = Size) =>
    [
        .. new DirectoryInfo(Path.GetTempPath())
            .EnumerateFiles("hyperlight-*")
            .Where(file => file.Length == size)
            .Select(file => file.FullName),
    ];
}
