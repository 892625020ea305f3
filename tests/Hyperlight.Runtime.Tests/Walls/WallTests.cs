using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Hyperlight.Testing;
using Hyperlight.Testing.Assemblies;

namespace Hyperlight.Runtime.Tests.Walls;

/// <summary>
/// Tests that only the type which chooses the hypervisor names types of one hypervisor or operating system from outside of their folders.
/// A type is behind the wall if its source or its namespace is.
/// </summary>
public class WallTests
{
    private const string Kvm = "Hypervisors/Kvm";
    private const string Whp = "Hypervisors/Whp";
    private const string Surrogates = Whp + "/Surrogates";
    private const string LinuxMemory = "Memory/Linux";
    private const string WindowsMemory = "Memory/Windows";
    private const string Files = "Files";
    private const string ChoiceFile = "Host/Hypervisor.cs";

    private static readonly CompiledAssembly Runtime = CompiledAssembly.Read(typeof(Hypervisor).Assembly.Location);
    private static readonly CompiledAssembly Image = CompiledAssembly.Read(typeof(GuestImage).Assembly.Location);

    [Fact]
    public void The_choice_of_the_hypervisor_is_the_only_type_that_names_KVM() =>
        Assert.Equal([typeof(Hypervisor).FullName], TypesThatName(Kvm).Select(type => type.Name.FullName));

    [Fact]
    public void The_choice_of_the_hypervisor_is_the_only_place_that_names_WHP() =>
        Assert.Equal(["Host"], TypesThatName(Whp).SelectMany(type => type.Folders).Distinct());

    [Fact]
    public void The_memory_of_Windows_is_named_by_its_choice_and_by_surrogate_processes_alone() =>
        Assert.Equal(["Host", Surrogates], TypesThatName(WindowsMemory).SelectMany(type => type.Folders).Distinct().Order());

    [Fact]
    public void The_memory_of_Linux_is_named_by_KVM_alone() =>
        Assert.Equal([Kvm], TypesThatName(LinuxMemory).SelectMany(type => type.Folders).Distinct());

    /// <summary>A library beside the program is not loaded in the place of one of Windows.</summary>
    [Fact]
    public void Libraries_are_those_of_the_system() => Assert.All(
        [typeof(Hypervisor).Assembly, typeof(GuestImage).Assembly],
        assembly => Assert.Equal(
            DllImportSearchPath.System32, assembly.GetCustomAttribute<DefaultDllImportSearchPathsAttribute>()?.Paths));

    [Fact]
    public void Native_code_is_called_behind_the_wall_alone()
    {
        Assert.Equal([Kvm, Whp, Surrogates, LinuxMemory, WindowsMemory], FoldersThatImport(Runtime));
        Assert.Equal([Files], FoldersThatImport(Image));
    }

    // The compiler copies constants and names (nameof), so that the compiled assembly does not show their uses.
    [Theory]
    [InlineData(Kvm, ChoiceFile)]
    [InlineData(Whp, ChoiceFile)]
    [InlineData(LinuxMemory, Kvm + "/")]
    public void No_source_outside_names_the_namespace(string wall, string user)
    {
        string space = Path.GetFileName(wall);
        Regex name = new($@"^\s*(using\s.*\b{space};|(?!//).*\b{space}\.\w)", RegexOptions.Multiline);
        string project = Path.Combine(Repository.Root, "runtime", "Hyperlight.Runtime");
        string[] users =
        [
            .. Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
                .Where(file => name.IsMatch(File.ReadAllText(file)))
                .Select(file => Path.GetRelativePath(project, file).Replace('\\', '/'))
                .Where(file => !file.StartsWith(wall + "/", StringComparison.Ordinal) && file.Split('/')[0] is not ("bin" or "obj")),
        ];

        Assert.NotEmpty(users);
        Assert.All(users, file => Assert.StartsWith(user, file, StringComparison.Ordinal));
    }

    private static IEnumerable<CompiledType> TypesThatName(string wall)
    {
        HashSet<TypeName> behind = [.. Runtime.Types.Where(type => IsBehind(type, wall)).Select(type => type.Name)];
        Assert.NotEmpty(behind);
        return Runtime.Types.Where(type => !type.Folders.All(folder => IsIn(folder, wall)) && type.Uses.Overlaps(behind));
    }

    private static bool IsBehind(CompiledType type, string wall) =>
        type.Folders.Any(folder => IsIn(folder, wall))
        || IsIn(type.Name.Namespace.Replace('.', '/'), "Hyperlight/" + wall);

    private static bool IsIn(string folder, string wall) => (folder + "/").StartsWith(wall + "/", StringComparison.Ordinal);

    private static IEnumerable<string> FoldersThatImport(CompiledAssembly assembly) => assembly.Types
        .Where(type => type.Libraries.Count > 0 || type.Uses.Any(used => used.FullName == typeof(NativeLibrary).FullName))
        .SelectMany(type => type.Folders)
        .Distinct()
        .Order(StringComparer.Ordinal);
}
