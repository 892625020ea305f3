using System.Reflection;
using System.Runtime.Loader;

namespace Hyperlight.Snapshotter;

/// <summary>Adds host functions from an assembly of the user.</summary>
internal static class HostFunctionsAssembly
{
    /// <summary>Calls the method of an assembly that has the attribute <see cref="SnapshotHostFunctionsAttribute"/>.</summary>
    /// <param name="path">The absolute path of the assembly.</param>
    /// <param name="functions">The host functions, which the method is called with.</param>
    /// <exception cref="HyperlightException">HL4013: there is no such method, or the method fails.</exception>
    public static void Add(string path, HostFunctions functions)
    {
        try
        {
            FindMethod(new Context(path).LoadFromAssemblyPath(path))(functions);
        }
        catch (Exception e) when (e is not HyperlightException)
        {
            throw Unusable(path, e.Message, e);
        }

        Action<HostFunctions> FindMethod(Assembly assembly)
        {
            MethodInfo[] marked = [.. assembly.GetExportedTypes()
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly))
                .Where(method => method.IsDefined(typeof(SnapshotHostFunctionsAttribute)))];
            return marked is [var method] && !method.ContainsGenericParameters && method.ReturnType == typeof(void)
                && method.GetParameters() is [var parameter] && parameter.ParameterType == typeof(HostFunctions)
                ? method.CreateDelegate<Action<HostFunctions>>()
                : throw Unusable(path, marked.Length == 0
                    ? "no public static method of a public class has the attribute [SnapshotHostFunctions]."
                    : $"[SnapshotHostFunctions] marks {string.Join(", ", marked.Select(m => $"{m.DeclaringType}.{m}"))}.");
        }
    }

    private static HyperlightException Unusable(string path, string why, Exception? cause = null) => new(
        Rules.BadHostFunctions.Found(
            $"'{path}' does not add host functions: {why} "
            + $"The assembly needs one method [SnapshotHostFunctions] public static void Add(HostFunctions functions)."),
        cause);

    /// <summary>
    /// Loads the dependencies of the assembly from the files beside the assembly. Hyperlight.Runtime and its dependencies are those of this
    /// program, so that HostFunctions is the same type in both.
    /// </summary>
    private sealed class Context(string path) : AssemblyLoadContext(Path.GetFileName(path))
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName name) =>
            name.Name is "Hyperlight.Runtime" or "Hyperlight.Image" or "Microsoft.Extensions.Logging.Abstractions"
                or "Microsoft.Extensions.DependencyInjection.Abstractions" || _resolver.ResolveAssemblyToPath(name) is not { } file
                ? null
                : LoadFromAssemblyPath(file);

        protected override nint LoadUnmanagedDll(string name) =>
            _resolver.ResolveUnmanagedDllToPath(name) is { } file ? LoadUnmanagedDllFromPath(file) : 0;
    }
}
