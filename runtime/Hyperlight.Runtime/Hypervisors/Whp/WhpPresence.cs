using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>Finds out whether the Windows Hypervisor Platform can be used, and says what to do if not.</summary>
internal static unsafe class WhpPresence
{
    // WHV_CAPABILITY_FEATURES.
    private const ulong HasXsave = 1 << 2;

    private const string WindowsUpdate = "update Windows to Windows 11 or Windows Server 2022, or later";

    /// <summary>Gets how often the time-stamp counter ticks in a second; 0 if the platform does not know.</summary>
    public static ulong TscFrequency
    {
        get
        {
            ulong frequency = 0;
            int result = WhpApi.WHvGetCapability(WhpCapability.ProcessorClockFrequency, &frequency, sizeof(ulong), writtenSize: null);
            return result >= 0 ? frequency : 0;
        }
    }

    /// <summary>Finds out why the platform cannot be used.</summary>
    /// <param name="usesOtherProcesses">Whether the memory of virtual machines is that of other processes.</param>
    /// <returns>HL5001, HL5003, HL5004; <c>null</c> if the platform can be used.</returns>
    public static Finding? Check(bool usesOtherProcesses)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return Rules.NoHypervisor.Found(
                $"this process runs on {RuntimeInformation.RuntimeIdentifier}, guests run in processes for 64-bit x86 processors: publish "
                + $"the program for win-x64 and run it on such a processor.");
        }

        try
        {
            Finding? finding = CheckPlatform();
            if (finding is null)
            {
                CallNewFunctions(usesOtherProcesses);
            }

            return finding;
        }
        catch (DllNotFoundException)
        {
            return Rules.NoHypervisor.Found(
                $"WinHvPlatform.dll is not there, a guest needs the Windows Hypervisor Platform: enable it as an administrator with "
                + $"'Enable-WindowsOptionalFeature -Online -FeatureName HypervisorPlatform' in PowerShell, and restart Windows.");
        }
        catch (EntryPointNotFoundException exception)
        {
            return TooOld(exception);
        }
        catch (HypervisorException exception)
        {
            return exception.Finding;
        }
    }

    /// <summary>Creates HL5003 for a function that the library lacks.</summary>
    public static Finding TooOld(EntryPointNotFoundException exception) => Rules.HypervisorTooOld.Found(
        $"WinHvPlatform.dll lacks a function ({exception.Message.TrimEnd('.')}): {WindowsUpdate}. After Hypervisor.UseSurrogates(0, 0) "
        + $"one sandbox at a time also runs on Windows 10 version 1809.");

    /// <summary>Finds out whether the hypervisor runs and has the needed features. The library is there.</summary>
    /// <returns>HL5001 or HL5003; <c>null</c> if the hypervisor can be used.</returns>
    /// <exception cref="HypervisorException">The platform gives no answer.</exception>
    public static Finding? CheckPlatform()
    {
        uint isPresent = 0;
        Ask(WhpCapability.HypervisorPresent, &isPresent, sizeof(uint));
        if (isPresent == 0)
        {
            return Rules.NoHypervisor.Found(
                $"the Windows feature HypervisorPlatform is on but no hypervisor runs, a guest needs one: enable virtualization in the "
                + $"firmware (or nested virtualization for this virtual machine), run 'bcdedit /set hypervisorlaunchtype auto' as an "
                + $"administrator, and restart Windows.");
        }

        ulong features = 0;
        Ask(WhpCapability.Features, &features, sizeof(ulong));
        return (features & HasXsave) != 0 ? null : Rules.HypervisorTooOld.Found(
            $"the Windows Hypervisor Platform lacks the feature Xsave, without which floating-point registers cannot be reset: "
            + $"{WindowsUpdate}.");
    }

    private static void Ask(WhpCapability question, void* answer, uint size) =>
        WhpError.Require(WhpApi.WHvGetCapability(question, answer, size, writtenSize: null), nameof(WhpApi.WHvGetCapability));

    /// <summary>
    /// Calls the functions that older versions of Windows lack. No call does anything, because the partition is not set up.
    /// </summary>
    private static void CallNewFunctions(bool usesOtherProcesses)
    {
        using WhpPartition partition = WhpPartition.Open(new OwnProcess().Take());
        uint size;
        _ = WhpApi.WHvGetVirtualProcessorXsaveState(partition, WhpApi.Processor, null, 0, &size);
        _ = WhpApi.WHvSetVirtualProcessorXsaveState(partition, WhpApi.Processor, null, 0);
        if (usesOtherProcesses)
        {
            _ = WhpApi.WHvMapGpaRange2(partition, process: 0, source: null, guestAddress: 0, size: 0, permissions: 0);
        }
    }
}
