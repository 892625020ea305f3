using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// The names and values of a processor's registers, and the exit of its last run, in memory that the platform reads and writes. The memory
/// is allocated once for a machine, so that no call allocates.
/// </summary>
internal sealed unsafe class WhpRegisters : IDisposable
{
    // Not verified on Windows: the platform states no limit of the number of registers in a call. Other programs pass as many.
    private const int MostInOneCall = 64;

    private readonly WhpPartition _partition;
    private readonly NativeBlock _block = new((uint)sizeof(Content));

    /// <summary>Allocates the memory.</summary>
    /// <param name="partition">The partition, which has a processor.</param>
    /// <param name="list">The registers.</param>
    public WhpRegisters(WhpPartition partition, WhpRegisterList list)
    {
        _partition = partition;
        Count = list.Names.Length;
        list.Names.CopyTo(Start->Names);
    }

    /// <summary>Gets the number of registers.</summary>
    public int Count { get; }

    /// <summary>Gets the exit of the last run.</summary>
    public ref WhpExitContext Exit => ref Start->Exit;

    // Sound: the block has the size of the structure, and lives until this object is disposed.
    private Content* Start => (Content*)_block.Start;

    /// <summary>Gets the values from a place on: those of the last <see cref="Read"/>, or those for the next <see cref="Write"/>.</summary>
    public Span<WhpRegisterValue> this[Range places] => ((Span<WhpRegisterValue>)Start->Values)[..Count][places];

    /// <summary>Gets the value at a place.</summary>
    public ref WhpRegisterValue this[int place] => ref this[..][place];

    /// <summary>Reads neighbouring registers of the processor.</summary>
    /// <param name="first">The place of the first register.</param>
    /// <param name="count">The number of registers.</param>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public void Read(int first, int count) => WhpError.Require(TryRead(first, count), nameof(WhpApi.WHvGetVirtualProcessorRegisters));

    /// <summary>Writes neighbouring registers of the processor.</summary>
    /// <param name="first">The place of the first register.</param>
    /// <param name="count">The number of registers.</param>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public void Write(int first, int count) => WhpError.Require(TryWrite(first, count), nameof(WhpApi.WHvSetVirtualProcessorRegisters));

    /// <summary>Reads registers, see <see cref="Read"/>.</summary>
    /// <returns>The result of the platform.</returns>
    public int TryRead(int first, int count)
    {
        int result = 0;
        for (int done = 0, part; done < count && result >= 0; done += part)
        {
            part = Math.Min(MostInOneCall, count - done);
            result = WhpApi.WHvGetVirtualProcessorRegisters(
                _partition, WhpApi.Processor, Names(first + done, part), (uint)part, Values(first + done));
        }

        return result;
    }

    /// <summary>Writes registers, see <see cref="Write"/>.</summary>
    /// <returns>The result of the platform.</returns>
    public int TryWrite(int first, int count)
    {
        int result = 0;
        for (int done = 0, part; done < count && result >= 0; done += part)
        {
            part = Math.Min(MostInOneCall, count - done);
            result = WhpApi.WHvSetVirtualProcessorRegisters(
                _partition, WhpApi.Processor, Names(first + done, part), (uint)part, Values(first + done));
        }

        return result;
    }

    /// <summary>Lets the processor run until it stops. <see cref="Exit"/> says why it stopped.</summary>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public void Run() => WhpError.Require(
        WhpApi.WHvRunVirtualProcessor(_partition, WhpApi.Processor, &Start->Exit, (uint)sizeof(WhpExitContext)),
        nameof(WhpApi.WHvRunVirtualProcessor));

    /// <inheritdoc/>
    public void Dispose() => _block.Dispose();

    private WhpRegisterName* Names(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, Count);
        return (WhpRegisterName*)&Start->Names + first;
    }

    private WhpRegisterValue* Values(int first) => (WhpRegisterValue*)&Start->Values + first;

    // The exit and the values begin at multiples of 16.
    [StructLayout(LayoutKind.Sequential)]
    private struct Content
    {
        public WhpExitContext Exit;
        public NameArray Names;
        public ValueArray Values;
    }

    [InlineArray(WhpRegisterList.MaxCount)]
    private struct NameArray
    {
        private WhpRegisterName _first;
    }

    [InlineArray(WhpRegisterList.MaxCount)]
    private struct ValueArray
    {
        private WhpRegisterValue _first;
    }
}
