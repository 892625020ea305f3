using System.Text;

namespace Hyperlight.Compiling;

/// <summary>Splits a text with options into words.</summary>
internal static class CommandWords
{
    /// <summary>
    /// Splits a text at its spaces. A part in double or single quotes keeps its spaces, as in <c>-DNAME="a b"</c>. A backslash stands for
    /// itself, because paths of Windows have backslashes.
    /// </summary>
    public static IReadOnlyList<string> Split(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool isWord = false;
        char quote = '\0';
        foreach (char c in text)
        {
            if (quote != '\0' ? c == quote : c is '"' or '\'')
            {
                quote = quote == '\0' ? c : '\0';
                isWord = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                End();
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        End();
        return words;

        void End()
        {
            if (isWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            isWord = false;
        }
    }
}
