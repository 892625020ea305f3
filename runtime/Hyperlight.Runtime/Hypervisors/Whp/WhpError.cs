namespace Hyperlight.Hypervisors.Whp;

/// <summary>Explains failures of the Windows Hypervisor Platform.</summary>
internal static class WhpError
{
    /// <summary>Creates HL5006.</summary>
    /// <param name="found">A clause that says which processes are in use.</param>
    /// <param name="remedy">What to do other than to dispose a sandbox.</param>
    public static HypervisorException NoRoom(string found, string remedy) => new(Rules.NoRoomForMachine.Found(
        $"{found}, each virtual machine needs a process for its memory that no other one uses: dispose a sandbox that nobody needs, or "
        + $"{remedy}."));
}
