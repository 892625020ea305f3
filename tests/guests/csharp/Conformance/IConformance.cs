namespace Hyperlight.Conformance;

/// <summary>Runs the checks inside of a guest.</summary>
[GuestInterface]
public interface IConformance
{
    /// <summary>Gets how many checks there are.</summary>
    int Count();

    /// <summary>Runs a check.</summary>
    /// <param name="index">The place of the check in the list, from 0.</param>
    /// <returns>The result, as text.</returns>
    string Run(int index);
}
