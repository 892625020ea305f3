using Hyperlight.Hypervisors;

namespace Hyperlight.Debugging;

/// <summary>A guest that is not running, as a debugger sees it.</summary>
internal interface IDebugTarget
{
    /// <summary>Gets the description of the guest's processor.</summary>
    TargetDescription Description { get; }

    /// <summary>Gets the address of the guest's first segment, if the guest can be loaded anywhere; otherwise <c>null</c>.</summary>
    ulong? LoadAddress { get; }

    /// <summary>Gets the registers.</summary>
    ProcessorRegisters GetRegisters();

    /// <summary>Sets the general registers.</summary>
    /// <returns><c>false</c> if no call is stopped, so that the registers have no use.</returns>
    bool TrySetRegisters(in GeneralRegisters registers);

    /// <summary>Reads memory.</summary>
    /// <returns>How many bytes were read; fewer than wanted if the guest has no memory behind them.</returns>
    int Read(ulong address, Span<byte> bytes);

    /// <summary>Writes memory that only this guest has.</summary>
    /// <returns><c>false</c> if some of the memory is not there or is shared with other guests; nothing was written then.</returns>
    bool TryWrite(ulong address, ReadOnlySpan<byte> bytes);
}
