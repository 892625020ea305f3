using Hyperlight.Hypervisors;
using Hyperlight.Layouts;
using Hyperlight.Machine;

namespace Hyperlight.Debugging;

/// <summary>The guest of a machine that is not running.</summary>
/// <param name="machine">The machine.</param>
internal sealed class MachineTarget(GuestMachine machine) : IDebugTarget
{
    /// <summary>Gets or sets whether the guest is stopped in the middle of a call.</summary>
    public bool IsInCall { get; set; }

    /// <inheritdoc/>
    public TargetDescription Description { get; } = TargetDescription.For(machine.Map.Layout.EntryMode);

    /// <inheritdoc/>
    public ulong? LoadAddress => machine.Map.Layout.EntryMode == EntryMode.LongMode ? machine.Map.Image.Gva.Value : null;

    /// <inheritdoc/>
    public ProcessorRegisters GetRegisters() => machine.GetAllRegisters();

    /// <inheritdoc/>
    public bool TrySetRegisters(in GeneralRegisters registers)
    {
        if (IsInCall)
        {
            machine.SetRegisters(registers);
        }

        return IsInCall;
    }

    /// <inheritdoc/>
    public int Read(ulong address, Span<byte> bytes) => machine.ReadVirtual(new(address), bytes);

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> bytes) => machine.TryWriteVirtual(new(address), bytes);
}
