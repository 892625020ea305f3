using Hyperlight;

namespace Hostile;

/// <summary>The functions of a guest that means harm.</summary>
[GuestInterface]
public interface IHostile
{
    /// <summary>Does the attack of the name.</summary>
    /// <param name="name">The name of the attack.</param>
    /// <param name="address">The address to use, for attacks that use one.</param>
    /// <returns>A text, if the attack ends by itself.</returns>
    string Attack(string name, ulong address);

    /// <summary>Gets how often the function was called since the last restore, to see that the guest works.</summary>
    int Count();
}
