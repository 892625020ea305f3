using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary>Explains failures of surrogate processes.</summary>
internal static class SurrogateError
{
    /// <summary>Creates HL5007 for a call of Windows that failed.</summary>
    /// <param name="call">The name of the call.</param>
    /// <param name="error">The error number of Windows.</param>
    public static HypervisorException NotStarted(string call, int error) => NotStarted(
        $"{call} failed: {Marshal.GetPInvokeErrorMessage(error).TrimEnd('.')} (error {error})",
        "Allow the program in the security software of this computer, and end processes that nobody needs");

    /// <summary>Creates HL5007.</summary>
    /// <param name="found">A clause that says what happened.</param>
    /// <param name="remedy">A sentence without a full stop that says what to do.</param>
    public static HypervisorException NotStarted(string found, string remedy) => new(Rules.SurrogateFailed.Found(
        $"a surrogate process for the memory of a virtual machine cannot be started: {found.TrimEnd('.')}. {remedy}. For one "
        + $"sandbox at a time call Hypervisor.UseSurrogates(0, 0) first."));

    /// <summary>Creates HL5007 for a process that has ended.</summary>
    /// <param name="id">The identifier of the process.</param>
    public static HypervisorException Ended(int id) => new(Rules.SurrogateFailed.Found(
        $"surrogate process {id} with the memory of a virtual machine has ended: leave such processes alone, dispose the sandbox, "
        + $"and create another one."));
}
