using System.IO.Compression;
using System.Text;

namespace Hyperlight.Conformance.Checks;

internal static class CompressionChecks
{
    private static readonly byte[] Text =
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 2000).Select(i => $"line {i * i % 97}\n")));

    public static Area Area => new("compression")
    {
        {
            "deflate and back",
            () => Back(s => new DeflateStream(s, CompressionLevel.Optimal, true), s => new DeflateStream(s, CompressionMode.Decompress))
        },
        {
            "gzip and back",
            () => Back(s => new GZipStream(s, CompressionLevel.Optimal, true), s => new GZipStream(s, CompressionMode.Decompress))
        },
        {
            "zlib and back",
            () => Back(s => new ZLibStream(s, CompressionLevel.Fastest, true), s => new ZLibStream(s, CompressionMode.Decompress))
        },
        {
            "brotli and back",
            () => Back(s => new BrotliStream(s, CompressionLevel.Fastest, true), s => new BrotliStream(s, CompressionMode.Decompress))
        },
        {
            "no compression",
            () => Back(
                s => new DeflateStream(s, CompressionLevel.NoCompression, true), s => new DeflateStream(s, CompressionMode.Decompress))
        },
        {
            "known deflate",
            () => Read(new DeflateStream(new MemoryStream(Convert.FromHexString("CB48CDC9C95728CF2FCA490100")), CompressionMode.Decompress))
        },
        {
            "known gzip",
            () => Read(new GZipStream(
                new MemoryStream(Convert.FromHexString("1F8B0800000000000003CB48CDC9C9070086A6103605000000")), CompressionMode.Decompress))
        },
        { "wrong gzip", () => Read(new GZipStream(new MemoryStream([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), CompressionMode.Decompress)) },
        { "wrong brotli", () => Read(new BrotliStream(new MemoryStream([255, 255, 255, 255]), CompressionMode.Decompress)) },
        {
            "brotli encoder", () =>
            {
                byte[] to = new byte[100];
                bool ok = BrotliEncoder.TryCompress("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"u8, to, out int n);
                return $"{ok} {n < 40}";
            }
        },
        { "zip archive", () => Zip() },
    };

    private static string Back(Func<Stream, Stream> compress, Func<Stream, Stream> expand)
    {
        MemoryStream packed = new();
        using (Stream stream = compress(packed))
        {
            stream.Write(Text);
        }
        bool smaller = packed.Length < Text.Length;
        packed.Position = 0;
        MemoryStream unpacked = new();
        using (Stream stream = expand(packed))
        {
            stream.CopyTo(unpacked);
        }
        return $"smaller {smaller}, same {unpacked.ToArray().AsSpan().SequenceEqual(Text)}";
    }

    private static string Read(Stream stream)
    {
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    private static string Zip()
    {
        MemoryStream file = new();
        using (ZipArchive archive = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = archive.CreateEntry("folder/text.txt").Open();
            entry.Write(Text);
        }
        using ZipArchive read = new(file, ZipArchiveMode.Read);
        ZipArchiveEntry found = read.GetEntry("folder/text.txt")!;
        return $"{read.Entries.Count} {found.Length} {found.Crc32:X8}";
    }
}
