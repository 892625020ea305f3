namespace Microsoft.Build.Framework;

/// <summary>
/// Tells MSBuild that a task may run in one process with other tasks at the same time. MSBuild looks for the name of the attribute and not
/// for the type. So the attribute can be declared here, and the tasks compile against an MSBuild that does not have the attribute.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class MSBuildMultiThreadableTaskAttribute : Attribute;
