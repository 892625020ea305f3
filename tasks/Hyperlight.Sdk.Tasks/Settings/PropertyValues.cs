using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>The values of the properties that the targets hand to a task.</summary>
/// <param name="properties">The names, with the metadata <c>Value</c>.</param>
internal sealed class PropertyValues(IEnumerable<ITaskItem> properties)
{
    private readonly Dictionary<string, string> _values =
        properties.ToDictionary(property => property.ItemSpec, property => property.GetMetadata("Value"), StringComparer.OrdinalIgnoreCase);

    /// <summary>Finds the value of a property; empty if it is not set.</summary>
    public string Find(string name) => _values.GetValueOrDefault(name, "");
}
