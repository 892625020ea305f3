using System.Buffers.Binary;
using System.Text;

/// <summary>
/// The host of one microkernel: the five functions that kernels of Nanvix's kind ask for. Requests go in, answers come out, and so does a stream of bulk
/// data, in chunks. All that the kernel sends is bounded and checked; what breaks a rule is refused, which the kernel sees as a failed call.
/// </summary>
internal sealed class VmbusHost : IDisposable
{
    /// <summary>The most bytes of an answer.</summary>
    public const int MaxMessageSize = 4096;

    /// <summary>The most answers.</summary>
    public const int MaxAnswerCount = 10_000;

    /// <summary>The most bytes of bulk output.</summary>
    public const int MaxBulkSize = 1 << 20;

    /// <summary>The bytes in front of a chunk of bulk output: where in the stream it belongs and how many bytes follow, 32 bits each, little-endian.</summary>
    public const int BulkHeaderSize = 8;

    // Such kernels keep a chunk in a block of less than 400 bytes.
    private const int BulkChunkSize = 396;

    private readonly IEnumerator<string> _requests;
    private readonly Action<string> _answered;
    private readonly ReadOnlyMemory<byte> _bulkInput;
    private readonly MemoryStream _bulkOutput = new();
    private readonly byte[] _memoryLayout;
    private int _bulkInputPosition;
    private int _answerCount;

    /// <summary>Creates the host of one kernel.</summary>
    /// <param name="requests">What the kernel is asked, one after the other; asking for the next may wait for somebody to say it.</param>
    /// <param name="answered">Receives each answer, as text that a console can show.</param>
    /// <param name="image">The kernel's image.</param>
    /// <param name="ramfs">Where the kernel's files are mapped.</param>
    /// <param name="ramfsSize">How many bytes they are, whole pages; 0 for none.</param>
    /// <param name="bulkInput">The stream that the kernel can read.</param>
    public VmbusHost(
        IEnumerable<string> requests, Action<string> answered, GuestImage image, GuestPhysicalAddress ramfs, long ramfsSize, ReadOnlyMemory<byte> bulkInput = default)
    {
        _requests = requests.GetEnumerator();
        _answered = answered;
        _bulkInput = bulkInput;
        _memoryLayout = MemoryLayout(image, ramfsSize == 0 ? default : ramfs, ramfsSize);
    }

    /// <summary>The stream that the kernel has written so far.</summary>
    public ReadOnlyMemory<byte> BulkOutput => _bulkOutput.GetBuffer().AsMemory(0, (int)_bulkOutput.Length);

    /// <summary>Lets a kernel call this host.</summary>
    public void AddTo(HostFunctions functions) => functions
        .Add("GetMemoryLayout", () => _memoryLayout)
        .Add("VmbusRead", Read)
        .Add("VmbusWrite", (ReadOnlyMemory<byte> bytes) => Write(bytes.Span))
        .Add("VmbusBulkRead", ReadBulk)
        .Add("VmbusBulkWrite", (ReadOnlyMemory<byte> bytes) => WriteBulk(bytes.Span));

    /// <summary>Ends the requests.</summary>
    public void Dispose()
    {
        _requests.Dispose();
        _bulkOutput.Dispose();
    }

    /// <summary>The next request; no bytes where there is none left.</summary>
    public byte[] Read() => _requests.MoveNext() ? Encoding.UTF8.GetBytes(_requests.Current) : [];

    /// <summary>Takes an answer, and returns how many bytes that were.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxMessageSize)
        {
            throw new GuestVisibleException($"An answer of {bytes.Length} bytes is too long, {MaxMessageSize} are allowed.");
        }

        if (_answerCount == MaxAnswerCount)
        {
            throw new GuestVisibleException($"There have been {MaxAnswerCount} answers, which is all that is allowed.");
        }

        _answerCount++;
        _answered(Printable(bytes));
        return bytes.Length;
    }

    /// <summary>The next chunk of the bulk input; no bytes at its end.</summary>
    public ReadOnlyMemory<byte> ReadBulk()
    {
        ReadOnlyMemory<byte> chunk = _bulkInput.Slice(_bulkInputPosition, Math.Min(BulkChunkSize, _bulkInput.Length - _bulkInputPosition));
        _bulkInputPosition += chunk.Length;
        return chunk;
    }

    /// <summary>Takes a chunk of bulk output with its header, and returns how many bytes that were.</summary>
    public int WriteBulk(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < BulkHeaderSize)
        {
            throw new GuestVisibleException($"A chunk of bulk output has a header of {BulkHeaderSize} bytes, this one is {packet.Length} bytes long.");
        }

        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(packet);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(packet[4..]);
        ReadOnlySpan<byte> chunk = packet[BulkHeaderSize..];
        if (size != chunk.Length)
        {
            throw new GuestVisibleException($"A chunk of bulk output has {chunk.Length} bytes, its header says {size}.");
        }

        if (offset != _bulkOutput.Length)
        {
            throw new GuestVisibleException($"A chunk of bulk output is for offset {offset}, the stream is {_bulkOutput.Length} bytes long.");
        }

        if (chunk.Length > MaxBulkSize - _bulkOutput.Length)
        {
            throw new GuestVisibleException($"The bulk output would be longer than {MaxBulkSize} bytes, which is all that is allowed.");
        }

        _bulkOutput.Write(chunk);
        return packet.Length;
    }

    // Five 32-bit words: the snapshot region with its page tables, these alone, files, their size, scratch.
    private static byte[] MemoryLayout(GuestImage image, GuestPhysicalAddress ramfs, long ramfsSize)
    {
        long[] words = [image.MemorySize, image.PageTablesSize, checked((long)ramfs.Value), ramfsSize, image.ScratchSize];
        byte[] bytes = new byte[words.Length * sizeof(uint)];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), checked((uint)words[i]));
        }

        return bytes;
    }

    // A terminal obeys control characters.
    private static string Printable(ReadOnlySpan<byte> bytes) =>
        string.Concat(Encoding.UTF8.GetString(bytes).Select(character => char.IsControl(character) && character != '\n' ? '?' : character));
}
