namespace Hyperlight;

/// <summary>A place in the code of a guest, as its author knows it.</summary>
public sealed record GuestLocation
{
    internal GuestLocation(string? function, string? file, int line)
    {
        Function = function;
        File = file;
        Line = line;
    }

    /// <summary>Gets the name of the function; <c>null</c> if the function is not known.</summary>
    public string? Function { get; }

    /// <summary>
    /// Gets the path of the source file, with <c>/</c>: relative to the folder of the project for a file of the project, and the name alone
    /// for another file. The value is <c>null</c> if the file is not known.
    /// </summary>
    public string? File { get; }

    /// <summary>Gets the number of the line, from 1; 0 if the line is not known.</summary>
    public int Line { get; }

    /// <summary>Gets the parts that are known, for example <c>add (hello.c:34)</c>.</summary>
    public override string ToString() => (Function, File) switch
    {
        (null, null) => "",
        (null, _) => $"{File}:{Line}",
        (_, null) => Function,
        _ => $"{Function} ({File}:{Line})",
    };
}
