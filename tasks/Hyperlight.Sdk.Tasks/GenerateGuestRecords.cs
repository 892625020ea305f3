using Hyperlight.Images;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Writes the source file with the assembly's attributes that record the image of each guest. The runtime opens that image and no other. A
/// file that is up to date is not written.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class GenerateGuestRecords : GuestTask
{
    /// <summary>Gets or sets the guests, as <see cref="ResolveGuests"/> returns them.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>Gets or sets the images, as <see cref="CollectImages"/> returns them.</summary>
    [Required]
    public ITaskItem[] Images { get; set; } = [];

    /// <summary>Gets or sets the language of the project: <c>C#</c>, <c>VB</c> or <c>F#</c>.</summary>
    [Required]
    public string Language { get; set; } = "";

    /// <summary>Gets or sets the file to write.</summary>
    [Required]
    public string RecordsFile { get; set; } = "";

    private protected override void Run()
    {
        Dictionary<string, string> digests = Images.ToDictionary(
            image => image.GetMetadata(ImageMetadata.GuestName), image => image.GetMetadata(ImageMetadata.ContentDigest));
        IEnumerable<KeyValuePair<string, string>> records =
            from guest in Guests.Select(GuestItem.FromTaskItem)
            where digests.ContainsKey(guest.Name)
            let files = guest.Settings.FileMappings.Select(file => (file.Label, file.Address.Value))
            let record = new GuestRecord(digests[guest.Name], [.. files])
            select KeyValuePair.Create(GuestRecord.KeyPrefix + guest.Name, record.ToText());
        SourceFile.WriteWhenDifferent(RecordsFile, GuestRecordsSource.Of(records, Language));
    }
}
