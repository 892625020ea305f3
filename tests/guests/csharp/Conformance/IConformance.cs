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

    /// <summary>Gets the names of the uses of what a guest does not have, one a line.</summary>
    string Uses();

    /// <summary>Uses what a guest does not have.</summary>
    /// <param name="name">The name of the use.</param>
    /// <returns>What the use found, in brackets, or the types and texts of its exception and of the causes of the exception.</returns>
    string Use(string name);
}
