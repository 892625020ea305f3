using System.Collections.Immutable;
using Hyperlight.Layouts;

namespace Hyperlight.Images;

/// <summary>A snapshot on disk, beside the content of its memory blob.</summary>
/// <param name="Config">What upstream records.</param>
/// <param name="Annotations">What we record beside that.</param>
internal sealed record SavedSnapshot(SnapshotConfig Config, SnapshotAnnotations Annotations)
{
    /// <summary>The model-specific registers.</summary>
    public ImmutableArray<SnapshotMsr> Msrs => Config.Msrs ?? Annotations.Msrs;

    /// <summary>Where everything was in the guest's memory when it started.</summary>
    public required MemoryMap Map { get; init; }
}
