namespace Hyperlight;

/// <summary>
/// Marks the method that adds the host functions which a guest needs at its start, for the snapshot that a build takes of the guest. The
/// method is public and static, has one parameter of the type <see cref="HostFunctions"/> and no result, and no other method of its
/// assembly is marked. The item of the guest names the assembly as <c>HostFunctionsAssembly</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SnapshotHostFunctionsAttribute : Attribute;
