namespace Microsoft.Build.Framework;

/// <summary>
/// Promises MSBuild that a task may run beside others in one process. MSBuild looks for the name, not for the type, so declaring
/// it here lets us compile against an older MSBuild than the first one that has it.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class MSBuildMultiThreadableTaskAttribute : Attribute;
