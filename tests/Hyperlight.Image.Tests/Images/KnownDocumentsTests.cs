using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Testing;

namespace Hyperlight.Image.Tests.Images;

/// <summary>Tests that documents are read once, and that no document is taken for another one.</summary>
[Collection(nameof(KnownDocumentsTests))]
[CollectionDefinition(nameof(KnownDocumentsTests), DisableParallelization = true)]
public sealed class KnownDocumentsTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    // Each test has an image of its own: the process remembers the documents of all tests.
    private static int _heapSize = 0x100000;

    public KnownDocumentsTests() => Write();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void An_image_that_is_opened_again_without_checks_needs_its_index_and_its_memory_only()
    {
        using GuestImage first = Open(isChecked: false);
        DeleteDocuments();

        using GuestImage second = Open(isChecked: false);

        Assert.Equal(first.Digest, second.Digest);
        Assert.Equal(Rules.ImageNotReadable, Refused(isChecked: true));
    }

    [Fact]
    public void A_document_that_nobody_has_read_is_not_known()
    {
        DeleteDocuments();

        Assert.Equal(Rules.ImageNotReadable, Refused(isChecked: false));
    }

    // The manifest is known already: the writer of the image has read it.
    [Fact]
    public void A_damaged_document_is_never_known()
    {
        string path = Documents().Single(path => File.ReadAllText(path).Contains("guest_name", StringComparison.Ordinal));
        byte[] original = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. original[..^1], (byte)' ']);

        Assert.Equal(Rules.ImageDigest, Refused(isChecked: false));
        Assert.Equal(Rules.ImageDigest, Refused(isChecked: false));
        File.WriteAllBytes(path, original);
        Open(isChecked: false).Dispose();
    }

    [Fact]
    public void A_descriptor_with_another_size_is_another_document()
    {
        Open(isChecked: false).Dispose();
        string index = Path.Combine(_root.Path, OciLayout.IndexFile);
        string text = File.ReadAllText(index);
        string manifest = Documents().Single(path => text.Contains(Path.GetFileName(path), StringComparison.Ordinal));
        string size = $"\"size\": {new FileInfo(manifest).Length}";
        File.WriteAllText(index, text.Replace(size, "\"size\": 1", StringComparison.Ordinal));

        Assert.Equal(Rules.ImageMalformed, Refused(isChecked: false));
    }

    [Fact]
    public void Another_image_in_the_same_folder_is_another_image()
    {
        using GuestImage first = Open(isChecked: false);
        Write();

        using GuestImage second = Open(isChecked: false);

        Assert.NotEqual(first.Digest, second.Digest);
    }

    [Fact]
    public void The_process_remembers_a_bounded_number_of_documents()
    {
        const int Many = 200;
        for (int i = 0; i < Many; i++)
        {
            Write();
            Open(isChecked: false).Dispose();
        }

        Assert.InRange(KnownDocuments.Count, 1, 64);
    }

    private void Write() => ImageWriter.Write(
        _root.Path, TestImages.Create(GuestLayouts.Amd64V16, heapSize: (ulong)Interlocked.Add(ref _heapSize, 0x1000)));

    private GuestImage Open(bool isChecked) => GuestImage.Open(_root.Path, options => options.VerifyContent = isChecked);

    private DiagnosticRule? Refused(bool isChecked) =>
        Assert.Throws<HyperlightException>(() => Open(isChecked).Dispose()).Finding?.Rule;

    private void DeleteDocuments()
    {
        foreach (string path in Documents())
        {
            File.Delete(path);
        }
    }

    // The manifest and the config. The third blob is the memory.
    private string[] Documents()
    {
        string[] documents =
            [.. Directory.GetFiles(OciLayout.BlobDirectory(_root.Path)).Where(path => File.ReadAllBytes(path)[0] == (byte)'{')];
        Assert.Equal(2, documents.Length);
        return documents;
    }
}
