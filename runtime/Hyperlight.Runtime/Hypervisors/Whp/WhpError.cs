namespace Hyperlight.Hypervisors.Whp;

/// <summary>Explains failures of the Windows Hypervisor Platform.</summary>
internal static class WhpError
{
    /// <summary>Throws if a function failed.</summary>
    /// <param name="result">The result of the function.</param>
    /// <param name="function">The name of the function.</param>
    /// <exception cref="HypervisorException">HL5004, or HL5006 if another virtual machine uses the memory of the process.</exception>
    public static void Require(int result, string function)
    {
        if (result < 0)
        {
            throw Failure(result, function);
        }
    }

    /// <summary>Creates HL5004 for a function that failed, or HL5006 if another virtual machine uses the memory of the process.</summary>
    /// <param name="result">The result of the function.</param>
    /// <param name="function">The name of the function.</param>
    public static HypervisorException Failure(int result, string function)
    {
        string failure = $"{function} failed: {WhpResult.NameOf(result) ?? "error"} (0x{result:X8})";
        return (uint)result == WhpResult.PartitionExists
            ? NoRoom(
                $"{failure} because another library of this process has a virtual machine",
                "allow surrogate processes with Hypervisor.UseSurrogates")
            : new(Rules.HypervisorFailed.Found($"{failure}. {Advice(result)}"));
    }

    /// <summary>Creates HL5006.</summary>
    /// <param name="found">A clause that says which processes are in use.</param>
    /// <param name="remedy">What to do other than to dispose a sandbox.</param>
    public static HypervisorException NoRoom(string found, string remedy) => new(Rules.NoRoomForMachine.Found(
        $"{found}, each virtual machine needs a process for its memory that no other one uses: dispose a sandbox that nobody needs, or "
        + $"{remedy}."));

    private static string Advice(int result) => (uint)result switch
    {
        WhpResult.OutOfMemory or WhpResult.NoSystemResources or WhpResult.CommitmentLimit =>
            "Windows has not enough memory for another virtual machine: dispose sandboxes that nobody needs, end other programs, or "
            + "enlarge the paging file.",
        WhpResult.InvalidArgument or WhpResult.InvalidRegisterName =>
            "If a snapshot was loaded, the processor may lack a feature that the snapshot uses: load it on a machine like the one that "
            + "saved it. Otherwise look into the event log of Hyper-V-Hypervisor.",
        WhpResult.AccessDenied =>
            "A policy or security software of this computer forbids the operation: allow this program.",
        WhpResult.UnsupportedHypervisor or WhpResult.UnsupportedProcessor =>
            "The hypervisor of this computer cannot create the virtual machine: update Windows, and in a virtual machine let its host "
            + "enable nested virtualization.",
        >= WhpResult.FirstOfPlatform and <= WhpResult.InvalidProcessorState =>
            "This is a defect of Hyperlight.Sdk: report this message with the output of eng/Doctor.cs.",
        _ => "Look into the event logs of Hyper-V-Hypervisor and Hyper-V-VID for what Windows says.",
    };
}
