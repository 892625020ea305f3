using System.Text;

namespace Hyperlight.Guest.Native;

/// <summary>Writes texts as the kit takes them: UTF-8 with a NUL at the end.</summary>
internal static class CText
{
    /// <summary>
    /// Gets the bytes of a text. A NUL inside the text, where the kit would end it, and half a surrogate pair become the replacement
    /// character.
    /// </summary>
    public static byte[] Of(string text) => Encoding.UTF8.GetBytes(text.Replace('\0', '\uFFFD') + "\0");
}
