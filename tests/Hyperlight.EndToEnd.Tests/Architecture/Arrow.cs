using Hyperlight.Testing.Assemblies;

namespace Hyperlight.EndToEnd.Tests.Architecture;

/// <summary>A folder of an assembly uses another.</summary>
/// <param name="From">The folder that uses the other.</param>
/// <param name="To">The folder that is used.</param>
/// <param name="User">A type of the first folder that uses a type of the second.</param>
/// <param name="Used">The type of the second folder.</param>
internal sealed record Arrow(string From, string To, TypeName User, TypeName Used)
{
    /// <summary>Gets the arrows between the folders of an assembly, one for each pair of folders.</summary>
    public static IReadOnlyList<Arrow> In(CompiledAssembly assembly)
    {
        Dictionary<TypeName, string> folders = assembly.Types.ToDictionary(type => type.Name, type => type.Folder);
        return
        [
            .. from type in assembly.Types
               from used in type.Uses
               where folders.TryGetValue(used, out string? folder) && folder != type.Folder
               group new Arrow(type.Folder, folders[used], type.Name, used) by (type.Folder, folders[used]) into arrows
               select arrows.MinBy(arrow => $"{arrow.User} {arrow.Used}", StringComparer.Ordinal),
        ];
    }

    /// <summary>Gets the shortest circle of arrows; empty if there is no circle.</summary>
    public static IReadOnlyList<Arrow> ShortestCircle(IReadOnlyList<Arrow> arrows) =>
        arrows.Select(arrow => (IReadOnlyList<Arrow>)[arrow, .. ShortestWay(arrows, arrow.To, arrow.From)])
            .Where(circle => circle[^1].To == circle[0].From)
            .OrderBy(circle => circle.Count)
            .FirstOrDefault([]);

    /// <inheritdoc/>
    public override string ToString() => $"{Show(From)} -> {Show(To)} ({User} uses {Used})";

    // Breadth first; empty if there is no way.
    private static IReadOnlyList<Arrow> ShortestWay(IReadOnlyList<Arrow> arrows, string from, string to)
    {
        Dictionary<string, IReadOnlyList<Arrow>> ways = new() { [from] = [] };
        Queue<string> next = new([from]);
        while (next.TryDequeue(out string? folder) && folder != to)
        {
            foreach (Arrow arrow in arrows.Where(arrow => arrow.From == folder))
            {
                if (ways.TryAdd(arrow.To, [.. ways[folder], arrow]))
                {
                    next.Enqueue(arrow.To);
                }
            }
        }

        return ways.GetValueOrDefault(to, []);
    }

    private static string Show(string folder) => folder.Length == 0 ? "(root)" : folder;
}
