using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Items for paths that may contain any character, also those that mean something to MSBuild.</summary>
internal static class TaskItems
{
    private const string Special = "%*?@$();'";

    /// <summary>An item for <paramref name="path"/> taken literally.</summary>
    public static ITaskItem2 Create(string path) =>
        new TaskItem(string.Concat(path.Select(c => Special.Contains(c) ? $"%{(int)c:x2}" : c.ToString())));
}
