namespace Hyperlight.SourceLines;

/// <summary>
/// Writes methods as an author knows them. Lambdas, local functions, iterators and async methods have names and types that the compiler
/// of C# made up: a name in angle brackets, and then a letter that says what it is.
/// </summary>
internal static class MethodText
{
    private const string Lambda = "lambda in ";
    private const char LambdaMark = 'b', LocalMark = 'g', FileMark = 'F';

    /// <summary>Gets the text: <c>Orders.Total</c>, or <c>lambda in Orders.Total</c>.</summary>
    /// <param name="types">The names of the method's type and of the types around it, the outermost first.</param>
    /// <param name="method">The name of the method.</param>
    public static string Of(IReadOnlyList<string> types, string method)
    {
        // The method of a made-up type belongs to the method that the type is for: Orders.<Total>d__3.MoveNext.
        string name = types.LastOrDefault(type => EndOf(type) > 2 && Mark(type) != FileMark) ?? method;
        bool isLambda = false;
        string member = Member(name, ref isLambda);
        IEnumerable<string> known = types.Where(type => EndOf(type) == 0 || Mark(type) == FileMark)
            .Select(type => EndOf(type) == 0 ? type : After(type, "__"));
        return (isLambda ? Lambda : "") + string.Join('.', known.Append(member));
    }

    private static string Member(string name, ref bool isLambda)
    {
        int end = EndOf(name);
        if (end == 0)
        {
            // An implementation of an interface's member has the name of the interface in front. A constructor is called .ctor.
            return name[(name.LastIndexOf('.') is > 0 and var dot && name[dot - 1] != '.' ? dot + 1 : 0)..];
        }

        string outer = end > 2 ? Member(name[1..(end - 1)], ref isLambda) : "";
        isLambda |= Mark(name) == LambdaMark;
        return Mark(name) == LocalMark ? $"{outer}.{After(name, "__").Split('|')[0]}" : outer;
    }

    /// <summary>Gets the length of the name in angle brackets; 0 for a name that the author wrote.</summary>
    private static int EndOf(string name)
    {
        int depth = 0;
        for (int index = 0; index < name.Length && name[0] == '<'; index++)
        {
            depth += name[index] switch { '<' => 1, '>' => -1, _ => 0 };
            if (depth == 0)
            {
                return index + 1;
            }
        }

        return 0;
    }

    private static char Mark(string name) => EndOf(name) is var end && end < name.Length ? name[end] : '\0';

    private static string After(string name, string text) =>
        name[(name.IndexOf(text, EndOf(name), StringComparison.Ordinal) + text.Length)..];
}
