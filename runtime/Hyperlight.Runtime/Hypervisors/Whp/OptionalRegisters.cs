using System.Collections.Immutable;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>The registers of <see cref="WhpRegisterList.Candidates"/> that this computer has.</summary>
/// <param name="Names">The names of the registers.</param>
internal sealed record OptionalRegisters(ImmutableArray<WhpRegisterName> Names)
{
    /// <summary>Reads each register of a new processor and writes the value back. A register that refuses is left out.</summary>
    /// <exception cref="HypervisorException">A call failed for another reason than that there is no such register.</exception>
    public static OptionalRegisters Find(WhpPartition partition)
    {
        WhpRegisterList all = new(WhpRegisterList.Candidates);
        using WhpRegisters registers = new(partition, all);
        List<WhpRegisterName> found = [];
        for (int place = WhpRegisterList.Optional; place < registers.Count; place++)
        {
            if (Has(registers.TryRead(place, 1), nameof(WhpApi.WHvGetVirtualProcessorRegisters))
                && Has(registers.TryWrite(place, 1), nameof(WhpApi.WHvSetVirtualProcessorRegisters)))
            {
                found.Add(all.Names[place]);
            }
        }

        return new([.. found]);
    }

    private static bool Has(int result, string function)
    {
        if (WhpResult.SaysRegisterIsAbsent(result))
        {
            return false;
        }

        WhpError.Require(result, function);
        return true;
    }
}
