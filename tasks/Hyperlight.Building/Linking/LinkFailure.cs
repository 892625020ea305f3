namespace Hyperlight.Linking;

/// <summary>Creates the exceptions that end a link at once, because no more can be said about the inputs.</summary>
internal static class LinkFailure
{
    /// <summary>Creates the exception for an object or archive that contradicts itself.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="what">What was found.</param>
    /// <param name="cause">The exception of the library that reads objects; <c>null</c> for none.</param>
    public static HyperlightException Malformed(string name, string what, Exception? cause = null) => new(
        Rules.LinkMalformed.Found(
            $"'{name}' cannot be read as an object or archive: {what}. A compiler or 'ar' must write the file: build it again."),
        cause);

    /// <summary>Creates the exception for an object or archive that is right, but of a kind that cannot be linked into a guest.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="what">What was found.</param>
    /// <param name="remedy">What to do.</param>
    public static HyperlightException Unsupported(string name, string what, string remedy) => new(
        Rules.LinkUnsupported.Found(
            $"'{name}' is {what}, allowed are x86-64 objects (ET_REL) and archives of them with an index: {remedy}."));
}
