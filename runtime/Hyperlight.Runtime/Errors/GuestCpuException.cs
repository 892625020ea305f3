namespace Hyperlight;

/// <summary>
/// The guest aborted because its processor raised an exception that it had no handler for. The sandbox is poisoned.
/// The protocol cannot tell this from an abort whose text starts with a byte of 0 to 20 or 30 (amd64 sheet, section 5.8).
/// </summary>
public sealed class GuestCpuException : GuestAbortedException
{
    internal GuestCpuException(int code, int vector, string name, string detail)
        : base(code, detail.Length == 0 ? $"Exception: {name}" : $"Exception: {name} | {detail}")
    {
        Vector = vector;
        Name = name;
    }

    /// <summary>The number of the exception, for example 14 for a page fault.</summary>
    public int Vector { get; }

    /// <summary>The name of the exception, for example <c>PageFault</c>.</summary>
    public string Name { get; }
}
