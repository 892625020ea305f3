using Hyperlight.Testing.Assemblies;

namespace Hyperlight.Runtime.Tests.Walls;

/// <summary>
/// Tests in the compiled assemblies that only the type which chooses the hypervisor names types of one hypervisor or operating system from
/// outside of their folders.
/// </summary>
public class WallTests
{
    private const string Kvm = "Hyperlight.Hypervisors.Kvm";
    private const string LinuxMemory = "Hyperlight.Memory.Linux";
    private const string Files = "Hyperlight.Files";

    private static readonly CompiledAssembly Runtime = CompiledAssembly.Read(typeof(Hypervisor).Assembly.Location);
    private static readonly CompiledAssembly Image = CompiledAssembly.Read(typeof(GuestImage).Assembly.Location);

    [Fact]
    public void The_choice_of_the_hypervisor_is_the_only_type_that_names_KVM() =>
        Assert.Equal([typeof(Hypervisor).FullName], TypesThatName(Kvm).Select(type => type.FullName));

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
        where type.Name.Namespace != wall && type.Uses.Any(used => used.Namespace == wall)
        select type.Name;

    private static IEnumerable<string> NamespacesThatImport(CompiledAssembly assembly) =>
        assembly.Types.Where(type => type.Libraries.Count > 0).Select(type => type.Name.Namespace).Distinct().Order(StringComparer.Ordinal);
}
