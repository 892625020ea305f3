namespace Hyperlight.Compiling;

/// <summary>A guest in C that a build makes. All paths are absolute.</summary>
internal sealed record GuestPlan : BuildPlan
{
    /// <summary>Gets the kind of the guest.</summary>
    public required GuestTarget Target { get; init; }

    /// <summary>Gets the sources, in the order in which they are linked.</summary>
    public required IReadOnlyList<GuestSource> Sources { get; init; }

    /// <summary>Gets the C library; <c>null</c> for a guest without one.</summary>
    public MuslLibrary? Libc { get; init; }

    /// <summary>Gets whether the sources use registers for floating point.</summary>
    public bool UsesFloat { get; init; }

    /// <summary>Gets the linker script of a guest that starts itself; <c>null</c> for the start of the kit.</summary>
    public string? LinkerScript { get; init; }
}
