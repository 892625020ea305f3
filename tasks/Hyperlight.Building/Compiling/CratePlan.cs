namespace Hyperlight.Compiling;

/// <summary>A guest in Rust that a build makes.</summary>
internal sealed record CratePlan : BuildPlan
{
    /// <summary>Gets the absolute path of the crate's <c>Cargo.toml</c>.</summary>
    public required string Manifest { get; init; }

    /// <summary>Gets the profile of cargo; empty for the profile of the configuration.</summary>
    public string Profile { get; init; } = "";

    /// <summary>Gets the features of the crate.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Gets other options of <c>cargo build</c>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];
}
