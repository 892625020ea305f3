namespace Hyperlight.Guest;

/// <summary>Keeps the object that calls the host through an interface.</summary>
/// <typeparam name="T">The host interface.</typeparam>
internal static class HostProxy<T>
    where T : class
{
    /// <summary>Gets or sets the object; <c>null</c> until the generated code of an assembly has added it.</summary>
    public static T? Instance { get; set; }
}
