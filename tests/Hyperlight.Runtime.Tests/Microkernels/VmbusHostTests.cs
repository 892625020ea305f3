using System.Buffers.Binary;
using System.Formats.Tar;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Microkernels;

/// <summary>Tests that the host of the sample Microkernel32 refuses calls of a kernel that breaks a rule.</summary>
public sealed class VmbusHostTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly List<string> _answers = [];
    private readonly VmbusHost _host;

    public VmbusHostTests()
    {
        ImageWriter.Write(_folder.Path, TestImages.Create(GuestLayouts.I686V13));
        using GuestImage image = GuestImage.Open(_folder.Path);
        _host = new(["one", "two"], _answers.Add, image, new(0x8000_0000), 0x1000, new byte[400]);
    }

    public void Dispose()
    {
        _host.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Requests_end_with_an_empty_one()
    {
        Assert.Equal(["one"u8.ToArray(), "two"u8.ToArray(), [], []], new[] { _host.Read(), _host.Read(), _host.Read(), _host.Read() });
    }

    [Fact]
    public void Bulk_input_comes_in_chunks_of_less_than_400_bytes_and_ends_with_an_empty_one()
    {
        Assert.Equal(
            [396, 4, 0, 0], new[] { _host.ReadBulk().Length, _host.ReadBulk().Length, _host.ReadBulk().Length, _host.ReadBulk().Length });
    }

    [Fact]
    public void An_answer_shows_nothing_that_a_terminal_obeys()
    {
        Assert.Equal(9, _host.Write("a\u001b[2J\r\nb\0"u8));
        Assert.Equal(3, _host.Write([(byte)'x', 0xFF, 0xFE]));

        Assert.Equal(["a?[2J?\nb?", "x\uFFFD\uFFFD"], _answers);
    }

    [Fact]
    public void Answers_are_bounded_in_length_and_number()
    {
        Assert.Throws<GuestVisibleException>(() => _host.Write(new byte[VmbusHost.MaxMessageSize + 1]));
        for (int i = 0; i < VmbusHost.MaxAnswerCount; i++)
        {
            _host.Write([]);
        }

        Assert.Throws<GuestVisibleException>(() => _host.Write([]));
        Assert.Equal(VmbusHost.MaxAnswerCount, _answers.Count);
    }

    [Theory]
    [InlineData(0u, 5u, 4)]
    [InlineData(0u, 3u, 4)]
    [InlineData(0u, uint.MaxValue, 4)]
    [InlineData(1u, 4u, 4)]
    [InlineData(uint.MaxValue, 4u, 4)]
    [InlineData(0u, (uint)VmbusHost.MaxBulkSize + 1, VmbusHost.MaxBulkSize + 1)]
    public void A_chunk_whose_header_is_wrong_is_refused_whole(uint offset, uint size, int length)
    {
        Assert.Throws<GuestVisibleException>(() => _host.WriteBulk(Packet(offset, size, length)));

        Assert.Equal(0, _host.BulkOutput.Length);
        Assert.Equal(12, _host.WriteBulk(Packet(0, 4, 4)));
        Assert.Throws<GuestVisibleException>(() => _host.WriteBulk(Packet(0, 4, 4)));
        Assert.Equal(4, _host.BulkOutput.Length);
    }

    [Fact]
    public void A_chunk_without_a_whole_header_is_refused()
    {
        Assert.All(
            Enumerable.Range(0, VmbusHost.BulkHeaderSize),
            length => Assert.Throws<GuestVisibleException>(() => _host.WriteBulk(new byte[length])));
    }

    [Fact]
    public void Bulk_output_is_bounded()
    {
        const int Chunk = 1 << 16;
        for (uint offset = 0; offset < VmbusHost.MaxBulkSize; offset += Chunk)
        {
            _host.WriteBulk(Packet(offset, Chunk, Chunk));
        }

        Assert.Throws<GuestVisibleException>(() => _host.WriteBulk(Packet(VmbusHost.MaxBulkSize, 1, 1)));
        Assert.Equal(VmbusHost.MaxBulkSize, _host.BulkOutput.Length);
    }

    [Fact]
    public void The_archive_of_the_sample_has_the_files_of_its_folder()
    {
        string sample = Path.Combine(Repository.Root, "samples", "Microkernel32");
        using TarReader archive = new(File.OpenRead(Path.Combine(sample, "ramfs.tar")));
        Dictionary<string, string> archived = [];
        while (archive.GetNextEntry() is { } entry)
        {
            using StreamReader reader = new(entry.DataStream!);
            archived.Add(entry.Name, reader.ReadToEnd());
        }

        Assert.Equal(
            Directory.GetFiles(Path.Combine(sample, "ramfs")).ToDictionary(file => Path.GetFileName(file), File.ReadAllText), archived);
    }

    private static byte[] Packet(uint offset, uint size, int length)
    {
        byte[] packet = new byte[VmbusHost.BulkHeaderSize + length];
        BinaryPrimitives.WriteUInt32LittleEndian(packet, offset);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(4), size);
        return packet;
    }
}
