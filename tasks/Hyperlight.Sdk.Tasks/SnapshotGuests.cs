using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Hyperlight.Files;
using Hyperlight.Images;
using Hyperlight.Processes;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Adds a snapshot of the guest to the image of each guest that asks for one, and removes the snapshots of guests that no longer ask.
/// Another process takes a snapshot, so that a failure of any kind does not end the build. If nothing has changed since the last snapshot,
/// no process is started.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class SnapshotGuests : GuestTask
{
    // The name of a metadata in the record of a snapshot that took too long: the timeout that was not enough.
    private const string TimeoutName = "SnapshotTimeout";

    /// <summary>Gets or sets the guests, as <see cref="ResolveGuests"/> returns them. Their images have been baked.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>Gets or sets the path of the program <c>dotnet</c>.</summary>
    [Required]
    public string DotNetHost { get; set; } = "";

    /// <summary>Gets or sets the path of the assembly Hyperlight.Snapshotter, which <c>dotnet</c> runs.</summary>
    [Required]
    public string Snapshotter { get; set; } = "";

    /// <summary>
    /// Gets or sets the path of the file that shows that this computer may have a hypervisor for guests: the device of KVM, or the library
    /// of the Windows Hypervisor Platform.
    /// </summary>
    [Required]
    public string HypervisorDevice { get; set; } = "";

    /// <summary>Gets or sets the names of the guests that this build has baked.</summary>
    public ITaskItem[] BakedGuests { get; set; } = [];

    /// <summary>Gets or sets the folder that the build copies images below; empty if the build copies no images.</summary>
    public string OutputFolder { get; set; } = "";

    private protected override void Run()
    {
        foreach (GuestItem guest in Guests.Select(GuestItem.FromTaskItem))
        {
            Cancellation.ThrowIfCancellationRequested();
            if (BakeRecord.Read(guest.RecordFile) is not { } baked)
            {
                continue; // The bake has reported why there is no image.
            }

            string? before = BakeRecord.Read(guest.SnapshotRecordFile)?.Find(ImageMetadata.SnapshotDigest);
            bool isRight = true;
            if (guest.Settings.Snapshot == SnapshotChoice.False)
            {
                Remove(guest);
            }
            else
            {
                isRight = TakeWhenChanged(guest, baked);
            }

            string? after = BakeRecord.Read(guest.SnapshotRecordFile)?.Find(ImageMetadata.SnapshotDigest);
            bool wasBaked = guest.Settings.Snapshot != SnapshotChoice.False && BakedGuests.Any(other => other.ItemSpec == guest.Name);
            if (isRight && (wasBaked || before != after))
            {
                string line = ImageLine.Of(guest, baked, after, Path.GetDirectoryName(ProjectFile)!, OutputFolder);
                Log.LogMessage(MessageImportance.High, "{0}", line);
            }
        }
    }

    private static void Remove(GuestItem guest)
    {
        FileChange.Delete(guest.SnapshotRecordFile);
        try
        {
            ImageWriter.RemoveSnapshot(guest.ImageDirectory);
        }
        catch (HyperlightException)
        {
            // The process, or something else, has changed the image itself. The next build bakes the image again.
            FileChange.Delete(guest.RecordFile);
            throw;
        }
    }

    private bool TakeWhenChanged(GuestItem guest, BakeRecord baked)
    {
        string key = Key(guest, baked);
        BakeRecord? record = BakeRecord.Read(guest.SnapshotRecordFile);
        Finding? finding = record?.Findings is [var last] ? last : null;
        bool isCurrent = record is not null
            && record.Key == key
            && record.IsIntact(guest.ImageDirectory)
            && (finding is null || !IsWorthAnotherTry(guest, record, finding));
        if (isCurrent)
        {
            BakeRecord.MarkAsChecked(guest.SnapshotRecordFile, guest.Files(SettingEffect.Snapshot));
        }
        else
        {
            Remove(guest);
            (string? digest, finding) = Take(guest);
            if (digest is not null || guest.Settings.Snapshot == SnapshotChoice.Auto)
            {
                KeyValuePair<string, string> result = digest is null
                    ? new(TimeoutName, $"{guest.Settings.SnapshotTimeout}")
                    : new(ImageMetadata.SnapshotDigest, digest);
                // If files have changed meanwhile, then the next build takes another snapshot.
                string taken = Key(guest, baked) == key ? key : "of files that changed meanwhile";
                IReadOnlyList<string> files = BakeRecord.FindFiles(guest.ImageDirectory);
                string documents = BakeRecord.DigestOfDocuments(guest.ImageDirectory, files);
                new BakeRecord(taken, [result], files, finding is null ? [] : [finding], documents).Write(guest.SnapshotRecordFile);
            }
        }

        // A build also reports the finding of an earlier build: each build reports that the image lacks a snapshot which the project asks
        // for.
        return finding is null || Report(guest, finding);
    }

    /// <summary>
    /// Gets whether a snapshot that could not be taken may be taken now. An attempt is worthwhile if the project has changed its request,
    /// or if there is a hypervisor now.
    /// </summary>
    private bool IsWorthAnotherTry(GuestItem guest, BakeRecord record, Finding finding) =>
        guest.Settings.Snapshot == SnapshotChoice.True
        || record.Find(TimeoutName) != $"{guest.Settings.SnapshotTimeout}"
        || (finding.Rule == Rules.NoHypervisor && CanOpenDevice());

    /// <summary>
    /// Takes a snapshot. Afterwards either the image has the snapshot, or the image is as it was baked and the finding says why.
    /// </summary>
    private (string? Digest, Finding? Finding) Take(GuestItem guest)
    {
        if (FindObstacle(guest) is { } obstacle)
        {
            return (null, obstacle);
        }

        string? digest = null;
        try
        {
            ProcessStartInfo start = new(DotNetHost, Arguments(guest)) { WorkingDirectory = Path.GetDirectoryName(ProjectFile) };
            ChildProcess process = ChildProcess.Run(start, guest.Settings.SnapshotTimeout, Cancellation);
            Log.LogMessage(MessageImportance.Low, "{0}", process);
            digest = process.ExitCode == 0 ? ReadDigest(guest) : null;
            if (digest is null)
            {
                return (null, SnapshotFailure.Explain(process, guest.Settings.SnapshotTimeout, OperatingSystem.IsWindows()));
            }

            return (digest, null);
        }
        catch (Win32Exception e)
        {
            return (null, Rules.SnapshotNotTaken.Found(
                $"the process that takes it cannot be started: {e.Message}. Set DOTNET_HOST_PATH to the path of dotnet."));
        }
        finally
        {
            if (digest is null)
            {
                Remove(guest);
            }
        }
    }

    private Finding? FindObstacle(GuestItem guest) =>
        guest.Settings.HostFunctionsAssembly.Length > 0 && !File.Exists(guest.Settings.HostFunctionsAssembly)
            ? Rules.BadHostFunctions.Found(
                $"HostFunctionsAssembly '{guest.Settings.HostFunctionsAssembly}' does not exist: correct the path, "
                + $"and reference the project that builds the assembly.")
            : guest.Settings.Snapshot == SnapshotChoice.Auto && !CanOpenDevice()
                ? Rules.NoHypervisor.Found($"{HypervisorDevice} cannot be used here.")
                : null;

    private IEnumerable<string> Arguments(GuestItem guest)
    {
        string timeout = guest.Settings.SnapshotTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return
        [
            "exec", Snapshotter, guest.ImageDirectory, "--timeout", timeout,
            .. Option("--host-functions", guest.Settings.HostFunctions),
            .. Option("--host-functions-assembly", guest.Settings.HostFunctionsAssembly),
        ];

        static string[] Option(string name, string value) => value.Length > 0 ? [name, value] : [];
    }

    /// <summary>
    /// Writes all that a snapshot depends on: the image, the host functions, the program that takes the snapshot, its runtime, and the
    /// vendor of the processor.
    /// </summary>
    private string Key(GuestItem guest, BakeRecord baked)
    {
        IEnumerable<string> functions =
            from setting in GuestSetting.All
            where setting.Effect == SettingEffect.Snapshot
            from file in setting.Files(guest.Settings)
            select $"{setting.Name} {setting.DigestOf(file.Path) ?? "missing"}, ";
        return $"image {baked.Find(ImageMetadata.Digest)}, {string.Concat(functions)}snapshotter {FileDigest.OfAssembly(Snapshotter)} "
            + $"on {RuntimeInformation.FrameworkDescription}, processor {ProcessorVendor()}";
    }

    private static string ProcessorVendor()
    {
        if (!X86Base.IsSupported)
        {
            return RuntimeInformation.ProcessArchitecture.ToString();
        }

        (int _, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
        return $"{ebx:x8}{edx:x8}{ecx:x8}";
    }

    private bool CanOpenDevice()
    {
        try
        {
            // A library needs no right to write; the device of KVM does.
            FileAccess access = OperatingSystem.IsWindows() ? FileAccess.Read : FileAccess.ReadWrite;
            File.OpenHandle(HypervisorDevice, FileMode.Open, access, FileShare.ReadWrite).Dispose();
            return true;
        }
        catch (Exception e) when (IsFileFailure(e))
        {
            return false;
        }
    }

    private static string? ReadDigest(GuestItem guest)
    {
        using GuestImage image = GuestImage.Open(guest.ImageDirectory, options => options.VerifyContent = false);
        return image.SnapshotDigest;
    }

    /// <summary>
    /// Reports that an image has no snapshot: as an error if the project requires the snapshot, otherwise as a warning. If this computer
    /// has no hypervisor that can run the guest and the project does not require the snapshot, the report is a message of low importance.
    /// </summary>
    private bool Report(GuestItem guest, Finding finding)
    {
        bool isOptional = guest.Settings.Snapshot == SnapshotChoice.Auto;
        bool isOfMachine = finding.Rule == Rules.NoHypervisor || finding.Rule == Rules.HypervisorDenied
            || finding.Rule == Rules.HypervisorTooOld || finding.Rule == Rules.InstructionNotInterpreted;
        string message = $"Snapshot of guest '{guest.Name}': {finding.Message}";
        if (isOptional && isOfMachine)
        {
            Log.LogMessage(MessageImportance.Low, "{0}", finding with { Message = message });
            return true;
        }

        DiagnosticRule rule = isOptional ? finding.Rule with { Severity = FindingSeverity.Warning } : finding.Rule;
        string remedy = isOfMachine
            ? " Or set Snapshot to auto: then the image has no snapshot where the hypervisor cannot run the guest."
            : "";
        return Findings.Report(new(rule, message + remedy), ProjectLines.FindItem(ProjectFile, guest.Include));
    }
}
