using Hyperlight.Testing;
using TypeName = Hyperlight.Testing.CompiledAssembly.TypeName;

namespace Hyperlight.Runtime.Tests.Walls;

/// <summary>
/// The wall around hypervisors and operating systems, as the compiled assemblies show it: types that belong to one hypervisor or system are
/// named behind the wall, and by the one type that chooses the hypervisor.
/// </summary>
public class WallTests
{
    private const string Kvm = "Hyperlight.Hypervisors.Kvm";
    private const string LinuxMemory = "Hyperlight.Memory.Linux";
    private const string Files = "Hyperlight.Files";

    private static readonly CompiledAssembly Runtime = CompiledAssembly.Read(typeof(Hypervisor).Assembly);
    private static readonly CompiledAssembly Image = CompiledAssembly.Read(typeof(GuestImage).Assembly);

    [Fact]
    public void The_choice_of_the_hypervisor_is_the_only_type_that_names_KVM() =>
        Assert.Equal([new(nameof(Hyperlight), nameof(Hypervisor))], TypesThatName(Kvm));

    [Fact]
    public void The_memory_of_Linux_is_named_by_KVM_alone() =>
        Assert.Equal([Kvm], TypesThatName(LinuxMemory).Select(type => type.Namespace).Distinct());

    [Fact]
    public void Native_code_is_called_behind_the_wall_alone()
    {
        Assert.Equal([Kvm, LinuxMemory], NamespacesThatImport(Runtime));
        Assert.Equal([Files], NamespacesThatImport(Image));
    }

    private static IEnumerable<TypeName> TypesThatName(string wall) =>
        from type in Runtime.Types
        where type.Type.Namespace != wall && type.Named.Any(named => named.Namespace == wall)
        select type.Type;

    private static IEnumerable<string> NamespacesThatImport(CompiledAssembly assembly) =>
        assembly.Imports.Select(import => import.Type.Namespace).Distinct().Order(StringComparer.Ordinal);
}
