using Hyperlight.Images;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Writes the source file whose attributes record in the assembly which image each guest has. The runtime opens that image and no other. A file that is right stays as it is.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class GenerateGuestRecords : GuestTask
{
    /// <summary>The guests, as <see cref="ResolveGuests"/> gives them.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>The images, as <see cref="CollectImages"/> gives them.</summary>
    [Required]
    public ITaskItem[] Images { get; set; } = [];

    /// <summary>The project's language: <c>C#</c>, <c>VB</c> or <c>F#</c>.</summary>
    [Required]
    public string Language { get; set; } = "";

    /// <summary>The file to write.</summary>
    [Required]
    public string RecordsFile { get; set; } = "";

    private protected override void Run()
    {
        Dictionary<string, string> digests = Images.ToDictionary(image => image.GetMetadata(ImageMetadata.GuestName), image => image.GetMetadata(ImageMetadata.ContentDigest));
        IEnumerable<KeyValuePair<string, string>> records =
            from guest in Guests.Select(GuestItem.FromTaskItem)
            where digests.ContainsKey(guest.Name)
            let record = new GuestRecord(digests[guest.Name], [.. guest.Settings.FileMappings.Select(file => (file.Label, file.Address.Value))])
            select KeyValuePair.Create(GuestRecord.KeyPrefix + guest.Name, record.ToText());
        SourceFile.WriteWhenDifferent(RecordsFile, GuestRecordsSource.Of(records, Language));
    }
}
