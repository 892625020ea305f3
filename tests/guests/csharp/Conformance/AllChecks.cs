using Hyperlight.Conformance.Checks;

namespace Hyperlight.Conformance;

/// <summary>All checks, in a fixed order.</summary>
public static class AllChecks
{
    public static IReadOnlyList<Check> List { get; } =
    [
        .. AsyncChecks.Area,
        .. BigNumberChecks.Area,
        .. ChannelChecks.Area,
        .. CollectionChecks.Area,
        .. CompressionChecks.Area,
        .. ConcurrencyChecks.Area,
        .. CryptographyChecks.Area,
        .. DelegateChecks.Area,
        .. EncodingChecks.Area,
        .. EnvironmentChecks.Area,
        .. ExceptionChecks.Area,
        .. FloatingPointChecks.Area,
        .. GarbageCollectionChecks.Area,
        .. GenericChecks.Area,
        .. HashChecks.Area,
        .. IntegerChecks.Area,
        .. JsonChecks.Area,
        .. LinqChecks.Area,
        .. PatternChecks.Area,
        .. RandomChecks.Area,
        .. RegexChecks.Area,
        .. SpanChecks.Area,
        .. StreamChecks.Area,
        .. StringChecks.Area,
        .. ThreadChecks.Area,
        .. TimeChecks.Area,
        .. TimerChecks.Area,
        .. UnsafeChecks.Area,
        .. VectorChecks.Area,
        .. XmlChecks.Area,
    ];
}
