using System.Buffers;

namespace Hyperlight.Protocol;

/// <summary>The caller's place for the bytes of a result. The bytes go there straight from the guest's memory.</summary>
internal ref struct ResultTarget
{
    private readonly Span<byte> _span;
    private readonly IBufferWriter<byte>? _writer;

    /// <summary>Creates a target from memory of the caller.</summary>
    public ResultTarget(Span<byte> span)
    {
        _span = span;
        IsSet = true;
    }

    /// <summary>Creates a target from a writer of the caller.</summary>
    public ResultTarget(IBufferWriter<byte> writer)
    {
        _writer = writer;
        IsSet = true;
    }

    /// <summary>Gets whether there is a target. Without a target the result gets an array of its own.</summary>
    public bool IsSet { get; }

    /// <summary>Gets the number of bytes in the result; 0 until there is a result.</summary>
    public int Length { get; private set; }

    /// <summary>Takes the bytes of the result. Nothing is copied if the caller's memory is too short.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        Length = bytes.Length;
        if (_writer is not null)
        {
            _writer.Write(bytes);
        }
        else if (bytes.Length <= _span.Length)
        {
            bytes.CopyTo(_span);
        }
    }
}
