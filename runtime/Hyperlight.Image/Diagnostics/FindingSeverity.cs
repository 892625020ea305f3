namespace Hyperlight;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>The finding is only information. The user need not do anything.</summary>
    Information,

    /// <summary>An image is written, but the guest probably does not behave as its author wants.</summary>
    Warning,

    /// <summary>No image is written, because no image would be correct.</summary>
    Error,
}
