using System.Buffers.Binary;
using System.Text;

/// <summary>
/// The host of one microkernel: the five functions that kernels such as Nanvix call. The kernel gets requests and returns answers, and it
/// reads and writes a stream of bulk data in chunks. The host checks everything that the kernel sends; a call that breaks a rule fails.
/// </summary>
internal sealed class VmbusHost : IDisposable
{
    /// <summary>The largest size of an answer in bytes.</summary>
    public const int MaxMessageSize = 4096;

    /// <summary>The largest number of answers.</summary>
    public const int MaxAnswerCount = 10_000;

    /// <summary>The largest size of the bulk output in bytes.</summary>
    public const int MaxBulkSize = 1 << 20;

    /// <summary>
    /// The size of the header of a chunk of bulk output: the offset in the stream and the number of bytes, 32 bits each, little-endian.
    /// </summary>
    public const int BulkHeaderSize = 8;

    // The kernels keep a chunk in a block of less than 400 bytes.
    private const int BulkChunkSize = 396;

    private readonly IEnumerator<string> _requests;
    private readonly Action<string> _answered;
    private readonly ReadOnlyMemory<byte> _bulkInput;
    private readonly MemoryStream _bulkOutput = new();
    private readonly byte[] _memoryLayout;
    private int _bulkInputPosition;
    private int _answerCount;

    /// <summary>Creates the host of one kernel.</summary>
    /// <param name="requests">The requests for the kernel, in their order. Reading the next one may wait, for example for a user.</param>
    /// <param name="answered">Receives each answer, as text that is safe for a console.</param>
    /// <param name="image">The image of the kernel.</param>
    /// <param name="ramfs">The physical address at which the kernel's files are mapped.</param>
    /// <param name="ramfsSize">The size of the files in bytes, in whole pages; 0 if there are none.</param>
    /// <param name="bulkInput">The stream that the kernel can read.</param>
    public VmbusHost(
        IEnumerable<string> requests, Action<string> answered, GuestImage image, GuestPhysicalAddress ramfs, long ramfsSize,
        ReadOnlyMemory<byte> bulkInput = default)
    {
        _requests = requests.GetEnumerator();
        _answered = answered;
        _bulkInput = bulkInput;
        _memoryLayout = MemoryLayout(image, ramfsSize == 0 ? default : ramfs, ramfsSize);
    }

    /// <summary>Gets the stream that the kernel has written so far.</summary>
    public ReadOnlyMemory<byte> BulkOutput => _bulkOutput.GetBuffer().AsMemory(0, (int)_bulkOutput.Length);

    /// <summary>Adds the host functions that the kernel calls.</summary>
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

    /// <summary>Gets the next request; empty if there is none left.</summary>
    public byte[] Read() => _requests.MoveNext() ? Encoding.UTF8.GetBytes(_requests.Current) : [];

    /// <summary>Takes an answer and returns its size in bytes.</summary>
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

    /// <summary>Gets the next chunk of the bulk input; empty at the end.</summary>
    public ReadOnlyMemory<byte> ReadBulk()
    {
        ReadOnlyMemory<byte> chunk = _bulkInput.Slice(_bulkInputPosition, Math.Min(BulkChunkSize, _bulkInput.Length - _bulkInputPosition));
        _bulkInputPosition += chunk.Length;
        return chunk;
    }

    /// <summary>Takes a chunk of bulk output with its header and returns the size of both in bytes.</summary>
    public int WriteBulk(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < BulkHeaderSize)
        {
            throw new GuestVisibleException(
                $"A chunk of bulk output has a header of {BulkHeaderSize} bytes, this one is {packet.Length} bytes long.");
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
            throw new GuestVisibleException(
                $"A chunk of bulk output is for offset {offset}, the stream is {_bulkOutput.Length} bytes long.");
        }

        if (chunk.Length > MaxBulkSize - _bulkOutput.Length)
        {
            throw new GuestVisibleException($"The bulk output would be longer than {MaxBulkSize} bytes, which is all that is allowed.");
        }

        _bulkOutput.Write(chunk);
        return packet.Length;
    }

    // Five words of 32 bits: the size of the snapshot region with page tables, the size of the page tables, the address and the size of the
    // files, the size of scratch.
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

    // Control characters would change the terminal.
    private static string Printable(ReadOnlySpan<byte> bytes) =>
        string.Concat(Encoding.UTF8.GetString(bytes).Select(character => char.IsControl(character) && character != '\n' ? '?' : character));
}
