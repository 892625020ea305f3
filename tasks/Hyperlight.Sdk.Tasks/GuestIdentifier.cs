using System.Text;

namespace Hyperlight.Sdk.Tasks;

/// <summary>The C# property of a guest, which is called after the guest.</summary>
internal static class GuestIdentifier
{
    /// <summary>The name of the class that the properties are members of. C# does not let a member have the name of its class.</summary>
    public const string ClassName = "Guests";

    /// <summary>
    /// Gets the C# identifier for a valid name of a guest: <c>hello-world</c> gives <c>HelloWorld</c>, <c>32bit</c> gives <c>_32bit</c>.
    /// </summary>
    /// <returns>The identifier; <c>null</c> if the name has no letter or digit, or gives the name of the class around the
    /// property.</returns>
    public static string? Of(string name)
    {
        var identifier = new StringBuilder(name.Length + 1);
        bool startsWord = true;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                startsWord = true;
                continue;
            }

            identifier.Append(startsWord ? char.ToUpperInvariant(c) : c);
            startsWord = false;
        }

        if (identifier.Length > 0 && char.IsAsciiDigit(identifier[0]))
        {
            identifier.Insert(0, '_');
        }

        return identifier.Length == 0 || identifier.Equals(ClassName) ? null : identifier.ToString();
    }
}
