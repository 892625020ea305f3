namespace Hyperlight.Runtime.Tests.PublicApi;

/// <summary>The public types that programs which run guests can use.</summary>
internal static class PublicTypes
{
    public static IReadOnlyList<Type> All { get; } =
        [.. typeof(GuestImage).Assembly.GetExportedTypes().Concat(typeof(Sandbox).Assembly.GetExportedTypes())];
}
