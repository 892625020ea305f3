using System.Text;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>The rules for a guest's name, which becomes a folder name and a C# property.</summary>
internal static class GuestName
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = Images.GuestName.MaxLength;

    /// <summary>The class that the properties are members of; C# does not let a member have its name.</summary>
    public const string ClassName = "Guests";

    /// <summary>Whether a guest can have a name.</summary>
    public static bool IsValid(string name) => Images.GuestName.IsValid(name);

    /// <summary>The C# identifier for a valid name: <c>hello-world</c> gives <c>HelloWorld</c>, <c>32bit</c> gives <c>_32bit</c>.</summary>
    /// <returns>The identifier, null when the name has no letter or digit or gives the name of the class around it.</returns>
    public static string? ToIdentifier(string name)
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
