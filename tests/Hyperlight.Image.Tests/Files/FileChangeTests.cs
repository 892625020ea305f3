using Hyperlight.Files;
using Hyperlight.Testing;

namespace Hyperlight.Image.Tests.Files;

[Trait("Wine", "yes")]
public sealed class FileChangeTests : IDisposable
{
    private const int SharingViolation = unchecked((int)0x8007_0020);
    private const int DiskFull = unchecked((int)0x8007_0070);

    private readonly TemporaryDirectory _folder = new();

    private string Old => Path.Combine(_folder.Path, "index.json");

    private string New => Path.Combine(_folder.Path, "index.json.tmp");

    [Fact]
    public void A_change_is_made_again_while_another_program_has_the_file_open()
    {
        int attempts = 0;

        FileChange.Try(() => Fail(++attempts < 3, SharingViolation), "file", waits: true);

        Assert.Equal(3, attempts);
    }

    [Theory]
    [InlineData(SharingViolation, false)]
    [InlineData(DiskFull, true)]
    public void Any_other_failure_is_reported_at_once(int code, bool waits)
    {
        int attempts = 0;

        IOException failure = Assert.Throws<IOException>(() => FileChange.Try(() => Fail(++attempts > 0, code), "file", waits));

        Assert.Equal((1, code), (attempts, failure.HResult));
    }

    [Fact]
    public void A_file_that_stays_open_is_named()
    {
        IOException failure = Assert.Throws<IOException>(() => FileChange.Try(() => Fail(true, SharingViolation), "x/file", waits: true));

        Assert.StartsWith("'x/file' is open in another program, or may not be changed: end the programs", failure.Message);
    }

    [Fact]
    public void A_file_that_a_reader_has_open_for_a_moment_is_replaced()
    {
        File.WriteAllText(Old, "old");
        File.WriteAllText(New, "new");
        FileStream reader = new(Old, FileMode.Open, FileAccess.Read, FileShare.Read);
        using Timer end = new(_ => reader.Dispose(), null, 200, Timeout.Infinite);

        FileChange.Replace(New, Old);

        Assert.Equal(("new", false), (File.ReadAllText(Old), File.Exists(New)));
    }

    [Fact]
    public void A_folder_with_a_file_that_is_open_for_a_moment_is_deleted()
    {
        string folder = Path.Combine(_folder.Path, "image");
        Directory.CreateDirectory(folder);
        FileStream writer = File.Create(Path.Combine(folder, "blob"));
        using Timer end = new(_ => writer.Dispose(), null, 200, Timeout.Infinite);

        FileChange.DeleteFolder(folder);

        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void A_missing_file_or_folder_counts_as_deleted()
    {
        FileChange.Delete(Path.Combine(_folder.Path, "nothing", "at-all"));
        FileChange.DeleteFolder(Path.Combine(_folder.Path, "nothing"));

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private static void Fail(bool fails, int code)
    {
        if (fails)
        {
            throw new IOException("The file is being used.", code);
        }
    }
}
