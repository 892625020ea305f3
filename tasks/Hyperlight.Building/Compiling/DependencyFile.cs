using System.Text;

namespace Hyperlight.Compiling;

/// <summary>Reads the dependency file that a compiler writes beside an object: one rule in the language of make.</summary>
internal static class DependencyFile
{
    /// <summary>The target that the options of a compiler give to the rule, so that the rule begins with a known text.</summary>
    public const string Target = "object";

    /// <summary>
    /// Reads the files that the object depends on, in order, each once. A backslash stands before a space or <c>#</c> of a name, and two
    /// dollar signs stand for one. Any other backslash is part of the name.
    /// </summary>
    public static IReadOnlyList<string> Parse(string text)
    {
        int start = text.IndexOf(':') + 1;
        List<string> files = [];
        StringBuilder name = new();
        for (int i = start; i < text.Length; i++)
        {
            char c = text[i];
            char next = i + 1 < text.Length ? text[i + 1] : '\n';
            if (c == '\\' && (next is '\r' or '\n'))
            {
                End();
            }
            else if (c == '\\' && IsEscape(text, i, out int backslashes))
            {
                // Compilers double the backslashes before a space.
                name.Append('\\', backslashes / 2).Append(text[i + backslashes]);
                i += backslashes;
            }
            else if (c == '$' && next == '$')
            {
                name.Append('$');
                i++;
            }
            else if (char.IsWhiteSpace(c))
            {
                End();
            }
            else
            {
                name.Append(c);
            }
        }

        End();
        return [.. files.Distinct(StringComparer.Ordinal)];

        void End()
        {
            if (name.Length > 0)
            {
                files.Add(name.ToString());
                name.Clear();
            }
        }
    }

    // Gets whether an odd number of backslashes and a space or # start at an index.
    private static bool IsEscape(string text, int start, out int backslashes)
    {
        int end = start;
        while (end < text.Length && text[end] == '\\')
        {
            end++;
        }

        backslashes = end - start;
        return end < text.Length && (text[end] is ' ' or '\t' or '#') && backslashes % 2 == 1;
    }
}
