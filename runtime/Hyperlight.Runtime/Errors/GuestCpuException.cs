namespace Hyperlight;

/// <summary>
/// The guest aborted because its processor raised an exception for which the guest has no handler. The sandbox is poisoned. In the protocol
/// an abort whose text starts with a byte of 0 to 20 or with 30 looks the same (amd64 sheet, section 5.8).
/// </summary>
public sealed class GuestCpuException : GuestAbortedException
{
    internal GuestCpuException(int code, int vector, string name, string detail, GuestLocation? location = null)
        : base(code, detail.Length == 0 ? $"Exception: {name}" : $"Exception: {name} | {detail}", location)
    {
        Vector = vector;
        Name = name;
    }

    /// <summary>Gets the number of the processor's exception, for example 14 for a page fault.</summary>
    public int Vector { get; }

    /// <summary>Gets the name of the processor's exception, for example <c>PageFault</c>.</summary>
    public string Name { get; }
}
