using System.Globalization;
using Hyperlight.Baking;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Bakes the image of each guest. A guest that cannot be baked is left without an image, so that no old one passes for it.</summary>
[MSBuildMultiThreadableTask]
public sealed class BakeGuests : GuestTask
{
    // What the record has beside the files of the image.
    internal const string DigestName = "Sha256";

    /// <summary>The guests, as <see cref="ResolveGuests"/> gives them.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    private protected override void Run()
    {
        foreach (GuestItem guest in Guests.Select(GuestItem.FromTaskItem))
        {
            Cancellation.ThrowIfCancellationRequested();
            BakeOrLeaveNothing(guest);
        }
    }

    private void BakeOrLeaveNothing(GuestItem guest)
    {
        File.Delete(guest.RecordFile);
        bool baked = false;
        try
        {
            baked = Bake(guest);
        }
        finally
        {
            if (!baked && Directory.Exists(guest.ImageDirectory))
            {
                Directory.Delete(guest.ImageDirectory, recursive: true);
            }
        }
    }

    private bool Bake(GuestItem guest)
    {
        if (guest.ReadRequest(Findings, ProjectFile) is not { } request)
        {
            return false;
        }

        List<Finding> findings = [];
        BakedImage? image = GuestBaker.Bake(request, findings);
        findings.ForEach(finding => Findings.Report(finding, new(guest.Path)));
        if (image is null)
        {
            return false;
        }

        Cancellation.ThrowIfCancellationRequested();
        Directory.CreateDirectory(guest.ImageDirectory);
        WrittenImage written = ImageWriter.Write(guest.ImageDirectory, image);
        Cancellation.ThrowIfCancellationRequested();
        new BakeRecord(Describe(guest, image.Config, image.StoredSize, written.Digest), written.Files).Write(guest.RecordFile);

        Log.LogMessage(
            MessageImportance.High,
            "{0} -> {1} ({2}, {3} stored)",
            guest.Name,
            Path.GetRelativePath(Path.GetDirectoryName(ProjectFile)!, guest.ImageDirectory),
            ByteSize.ToText(image.Config.MemorySize),
            ByteSize.ToText(image.StoredSize));
        return true;
    }

    private static KeyValuePair<string, string>[] Describe(GuestItem guest, ImageConfig config, ulong storedSize, string digest) =>
    [
        new("Name", guest.Name),
        new("Architecture", GuestLayouts.Find(config.Layout)!.Architecture),
        new("Layout", config.Layout),
        new("EntryPoint", "0x" + config.EntryPoint.ToString("x", CultureInfo.InvariantCulture)),
        new("ImageSize", config.MemorySize.ToString(CultureInfo.InvariantCulture)),
        new("StoredSize", storedSize.ToString(CultureInfo.InvariantCulture)),
        new(DigestName, digest[(digest.IndexOf(':') + 1)..]), // What a registry and other OCI tools know the image by.
        new("GuestSha256", config.GuestSha256),
    ];
}
