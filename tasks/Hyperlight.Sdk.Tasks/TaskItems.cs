using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Creates items for paths that may contain any character, also characters that mean something to MSBuild.</summary>
internal static class TaskItems
{
    private const string Special = "%*?@$();'";

    /// <summary>Creates an item for a path. Each character of the path stands for itself.</summary>
    public static ITaskItem2 Create(string path) =>
        new TaskItem(string.Concat(path.Select(c => Special.Contains(c) ? $"%{(int)c:x2}" : c.ToString())));
}
