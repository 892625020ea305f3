using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp;

// The registers other than the general registers: a snapshot keeps them, and a restore sets them.
internal sealed unsafe partial class WhpMachine
{
    // The model-specific registers that are part of the state, which are those of a KVM with a filter.
    private readonly SavedMsr[] _savedMsrs;

    // The optional registers after the processor was created: no event waits.
    private readonly WhpRegisterValue[] _initial;

    // The x87 and vector registers after a reset, in the platform's form.
    private readonly NativeBlock _floatingPoint;

    /// <inheritdoc/>
    public void ResetFloatingPoint() => WhpError.Require(
        WhpApi.WHvSetVirtualProcessorXsaveState(_partition, WhpApi.Processor, _floatingPoint.Start, _floatingPoint.Size),
        nameof(WhpApi.WHvSetVirtualProcessorXsaveState));

    /// <inheritdoc/>
    public void Start(GuestPhysicalAddress pageTables) =>
        SetState(new(_identity, WhpHypervisor.WhpName, EntryState.For(_entryMode, pageTables), ResetValues.Xcr0, []));

    /// <inheritdoc/>
    public ProcessorState GetState()
    {
        _registers.Read(WhpRegisterList.Special, _registers.Count - WhpRegisterList.Special);
        ModelSpecificRegister[] msrs = new ModelSpecificRegister[_savedMsrs.Length];
        for (int i = 0; i < msrs.Length; i++)
        {
            msrs[i] = new(_savedMsrs[i].Number, _registers[_savedMsrs[i].Place].Low);
        }

        return new(
            _identity,
            WhpHypervisor.WhpName,
            ReadSpecialRegisters(),
            _registers[WhpRegisterList.ExtendedControl].Low,
            ImmutableCollectionsMarshal.AsImmutableArray(msrs));
    }

    /// <inheritdoc/>
    public ProcessorRegisters GetAllRegisters()
    {
        _registers.Read(WhpRegisterList.General, WhpRegisterList.Debug - WhpRegisterList.General);
        return new(
            ReadGeneralRegisters(),
            ReadSpecialRegisters(),
            _registers[WhpRegisterList.ExtendedControl].Low,
            WhpXsave.ToStandard(GetFloatingPoint(), WhpXsave.ComponentOf));
    }

    /// <inheritdoc/>
    public void SetState(ProcessorState state)
    {
        WhpSpecialRegisters.Write(_registers[WhpRegisterList.Special..WhpRegisterList.ExtendedControl], state.Special);
        _registers[WhpRegisterList.ExtendedControl] = new() { Low = state.ExtendedControl };
        Span<WhpRegisterValue> debug = _registers[WhpRegisterList.Debug..WhpRegisterList.Optional];
        debug.Clear();
        debug[^2].Low = ResetValues.Dr6;
        debug[^1].Low = ResetValues.Dr7;
        _initial.CopyTo(_registers[WhpRegisterList.Optional..]);
        foreach (ModelSpecificRegister msr in state.Msrs)
        {
            foreach (SavedMsr saved in _savedMsrs)
            {
                if (saved.Number == msr.Index)
                {
                    _registers[saved.Place].Low = msr.Value;
                }
            }
        }

        WriteState();
    }

    /// <inheritdoc/>
    public void Commit()
    {
        // The platform may check registers only when the processor enters the guest. The processor has nothing to execute without memory.
        GeneralRegisters none = new() { Rflags = ResetValues.Rflags };
        SetRegisters(none);
        _partition.WithoutMemory(EnterWithoutMemory);
        // On some processors the entry without memory resets the registers.
        WriteState();
        SetRegisters(none);
    }

    private SpecialRegisters ReadSpecialRegisters() =>
        WhpSpecialRegisters.Read(_registers[WhpRegisterList.Special..WhpRegisterList.ExtendedControl]);

    // The special registers come first, because the others may depend on them.
    private void WriteState()
    {
        _registers.Write(WhpRegisterList.Special, WhpRegisterList.ExtendedControl - WhpRegisterList.Special);
        _registers.Write(WhpRegisterList.ExtendedControl, _registers.Count - WhpRegisterList.ExtendedControl);
    }

    private void EnterWithoutMemory()
    {
        // A cancel that came after the end of the last run ends the first try.
        int tries = 0;
        do
        {
            Enter();
            tries++;
        }
        while (_registers.Exit.Reason == WhpExitReason.Canceled && tries < MostIdleCancels);
        if (_registers.Exit.Reason == WhpExitReason.InvalidRegisterValue)
        {
            throw new HypervisorException(Rules.HypervisorFailed.Found(
                $"the processor cannot run with the values of its registers: if a snapshot was loaded, the processor may lack a feature "
                + $"that the snapshot uses, so load the snapshot on a machine like the one that saved it."));
        }
    }

    private static SavedMsr[] FindSavedMsrs(WhpRegisterList list, ImmutableArray<uint> allowed)
    {
        List<SavedMsr> saved = [];
        foreach (uint msr in allowed.Append(WhpRegisterList.KernelGsBaseMsr).Distinct())
        {
            if (list.PlaceOf(msr) is { } place)
            {
                saved.Add(new(msr, place));
            }
            else if (allowed.Contains(msr))
            {
                throw new HyperlightException(
                    $"The model-specific register 0x{msr:X} cannot be given to a guest, because the Windows Hypervisor Platform on this "
                    + "machine cannot set it back: remove it from AllowedMsrs.");
            }
        }

        return [.. saved];
    }

    private WhpRegisterValue[] ReadInitial()
    {
        int count = _registers.Count - WhpRegisterList.Optional;
        if (count > 0)
        {
            _registers.Read(WhpRegisterList.Optional, count);
        }

        return _registers[WhpRegisterList.Optional..].ToArray();
    }

    private byte[] GetFloatingPoint()
    {
        byte[] area = new byte[_floatingPoint.Size];
        fixed (byte* start = area)
        {
            ReadFloatingPoint(start, _floatingPoint.Size);
        }

        return area;
    }

    private NativeBlock CreateFloatingPoint()
    {
        uint size = 0;
        int result = WhpApi.WHvGetVirtualProcessorXsaveState(_partition, WhpApi.Processor, null, 0, &size);
        if ((uint)result != WhpResult.InsufficientBuffer)
        {
            throw WhpError.Failure(result, nameof(WhpApi.WHvGetVirtualProcessorXsaveState));
        }

        if (size < WhpXsave.MinSize)
        {
            throw new HypervisorException(Rules.HypervisorFailed.Found(
                $"{nameof(WhpApi.WHvGetVirtualProcessorXsaveState)} gives {size} bytes, an XSAVE area has at least {WhpXsave.MinSize}: "
                + $"update Windows."));
        }

        NativeBlock area = new(size);
        try
        {
            ReadFloatingPoint(area.Start, size);
            WhpXsave.Reset(new(area.Start, (int)size));
            return area;
        }
        catch
        {
            area.Dispose();
            throw;
        }
    }

    private void ReadFloatingPoint(void* area, uint size)
    {
        uint written;
        WhpError.Require(
            WhpApi.WHvGetVirtualProcessorXsaveState(_partition, WhpApi.Processor, area, size, &written),
            nameof(WhpApi.WHvGetVirtualProcessorXsaveState));
    }

    /// <summary>A model-specific register that is part of the state.</summary>
    /// <param name="Number">The number of the register.</param>
    /// <param name="Place">The place of the register among all registers.</param>
    private readonly record struct SavedMsr(uint Number, int Place);
}
