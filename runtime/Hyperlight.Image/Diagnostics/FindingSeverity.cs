namespace Hyperlight;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know. Nothing has to be done about it.</summary>
    Information,

    /// <summary>The guest can be baked, but probably not as its author meant.</summary>
    Warning,

    /// <summary>There is no correct image for this input; none is written.</summary>
    Error,
}
