using Hyperlight.Baking;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Checks guests as a bake does, and writes nothing.</summary>
[MSBuildMultiThreadableTask]
public sealed class ValidateGuests : GuestTask
{
    /// <summary>Gets or sets the guests, as <see cref="ResolveGuests"/> returns them.</summary>
    [Required]
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>Gets the guests that can be baked, with the metadata <c>Name</c>, <c>Architecture</c> and <c>Layout</c>.</summary>
    [Output]
    public ITaskItem[] ValidGuests { get; private set; } = [];

    private protected override void Run()
    {
        List<ITaskItem> valid = [];
        foreach (GuestItem guest in Guests.Select(GuestItem.FromTaskItem))
        {
            Cancellation.ThrowIfCancellationRequested();
            if (guest.ReadRequest(Findings, ProjectFile) is not { } request)
            {
                continue;
            }

            List<Finding> findings = [];
            GuestLayout? layout = GuestBaker.Validate(request, findings);
            findings.ForEach(finding => Report(finding, guest));
            if (layout is not null)
            {
                ITaskItem2 item = TaskItems.Create(guest.Path);
                item.SetMetadataValueLiteral(ImageMetadata.GuestName, guest.Name);
                item.SetMetadataValueLiteral(ImageMetadata.Architecture, layout.Architecture);
                item.SetMetadataValueLiteral(ImageMetadata.Layout, layout.Id);
                valid.Add(item);
            }
        }

        ValidGuests = [.. valid];
    }
}
