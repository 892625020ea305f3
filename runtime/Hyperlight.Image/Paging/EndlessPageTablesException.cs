namespace Hyperlight.Paging;

/// <summary>The page tables of a guest lead to each other so often that a walk over the tables would not end.</summary>
/// <param name="reason">The sentence without its subject, which is the guest.</param>
internal sealed class EndlessPageTablesException(string reason) : Exception(reason);
