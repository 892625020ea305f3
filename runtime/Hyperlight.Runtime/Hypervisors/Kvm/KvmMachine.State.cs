using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

// The registers other than the general registers: a snapshot keeps them, and a restore sets them.
internal sealed partial class KvmMachine
{
    // The model-specific registers that a guest can change, with the values after the processor was created.
    private readonly KvmMsrEntry[] _msrs;

    // Whether all these registers can be written.
    private readonly bool _canSetMsrs;

    /// <inheritdoc/>
    public ProcessorState GetState()
    {
        KvmMsrEntry[] msrs = [.. _msrs];
        Require(_processor.GetMsrs(msrs), msrs, "read");
        KvmSpecialRegisters special = _processor.GetSpecialRegisters();
        return new(_system.Identity, KvmSystem.Name, special.ToNeutral(), GetExtendedControl(), ToNeutral(msrs))
        {
            Interrupts = GetInterrupts(special),
        };
    }

    /// <inheritdoc/>
    public ProcessorRegisters GetAllRegisters() => new(
        _processor.GetRegisters(), _processor.GetSpecialRegisters().ToNeutral(), GetExtendedControl(), _processor.GetFloatingPoint());

    /// <inheritdoc/>
    public void SetState(ProcessorState state)
    {
        // The processor is not new any more even if one of the calls below fails.
        bool isNew = _isNew;
        _isNew = false;
        _processor.Reset(state.Special, state.Interrupts);
        if (!_isKept)
        {
            // The registers below may depend on the special registers.
            _processor.Commit();
        }

        if (!isNew)
        {
            _processor.ResetDebugRegisters();
        }

        if (_system.HasExtendedControlRegisters && (!isNew || state.ExtendedControl != ResetValues.Xcr0))
        {
            _processor.SetExtendedControl(state.ExtendedControl);
        }

        SetMsrs(state.Msrs.AsSpan(), isNew);
        if (state.Interrupts is { } interrupts)
        {
            SetInterrupts(interrupts);
        }

        if (isNew)
        {
            MakeNextAhead();
        }
    }

    private static ImmutableArray<ModelSpecificRegister> ToNeutral(KvmMsrEntry[] registers)
    {
        ModelSpecificRegister[] neutral = new ModelSpecificRegister[registers.Length];
        for (int i = 0; i < registers.Length; i++)
        {
            neutral[i] = new(registers[i].Index, registers[i].Value);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(neutral);
    }

    private ulong GetExtendedControl() => _system.HasExtendedControlRegisters ? _processor.GetExtendedControl() : ResetValues.Xcr0;

    private void SetMsrs(ReadOnlySpan<ModelSpecificRegister> values, bool isNew)
    {
        // With a filter the list is short: the allowed registers, and the one register that no filter covers.
        const int MostOnStack = ModelSpecificRegister.MaxAllowed + 1;
        Span<KvmMsrEntry> wanted = _msrs.Length <= MostOnStack ? stackalloc KvmMsrEntry[_msrs.Length] : new KvmMsrEntry[_msrs.Length];
        for (int i = 0; i < wanted.Length; i++)
        {
            wanted[i] = _msrs[i];
            if (Find(values, _msrs[i].Index) is { } value)
            {
                wanted[i].Value = value;
            }
        }

        if (isNew)
        {
            wanted = Changed(wanted, _msrs);
        }
        else if (!_canSetMsrs)
        {
            // Some registers that KVM lists are read-only.
            KvmMsrEntry[] current = [.. _msrs];
            Require(_processor.GetMsrs(current), current, "read");
            wanted = Changed(wanted, current);
        }

        Require(_processor.SetMsrs(wanted), wanted, "set back");
    }

    /// <summary>Moves the wanted values that differ from the current ones to the front.</summary>
    /// <returns>These values.</returns>
    private static Span<KvmMsrEntry> Changed(Span<KvmMsrEntry> wanted, ReadOnlySpan<KvmMsrEntry> current)
    {
        int changed = 0;
        for (int i = 0; i < wanted.Length; i++)
        {
            if (wanted[i].Value != current[i].Value)
            {
                wanted[changed++] = wanted[i];
            }
        }

        return wanted[..changed];
    }

    private static ulong? Find(ReadOnlySpan<ModelSpecificRegister> registers, uint index)
    {
        foreach (ModelSpecificRegister register in registers)
        {
            if (register.Index == index)
            {
                return register.Value;
            }
        }

        return null;
    }

    private static void Require(int done, ReadOnlySpan<KvmMsrEntry> registers, string what)
    {
        if (done != registers.Length)
        {
            throw new HypervisorException(Rules.HypervisorFailed.Found(
                $"the model-specific register 0x{registers[done].Index:X} cannot be {what}: dispose the sandbox."));
        }
    }
}
