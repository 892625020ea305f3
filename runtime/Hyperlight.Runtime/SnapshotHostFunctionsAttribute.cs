namespace Hyperlight;

/// <summary>
/// Marks the method that adds the host functions a guest needs at its start, for the snapshot that a build takes of it. The method is public, static and
/// returns nothing, takes one <see cref="HostFunctions"/>, and is the only one so marked in its assembly; a guest item of the project names that assembly as
/// <c>HostFunctionsAssembly</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SnapshotHostFunctionsAttribute : Attribute;
