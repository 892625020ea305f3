using Hyperlight.Runtime.Tests.Walls.Samples;
using Hyperlight.Testing;
using TypeName = Hyperlight.Testing.CompiledAssembly.TypeName;

namespace Hyperlight.Runtime.Tests.Walls;

/// <summary>Wherever a type names another one, the reader of compiled assemblies finds the name.</summary>
public class CompiledAssemblyTests
{
    private const string Folder = "Hyperlight.Runtime.Tests.Walls.Samples";

    private static readonly CompiledAssembly Tests = CompiledAssembly.Read(typeof(CompiledAssemblyTests).Assembly);

    [Theory]
    [InlineData(nameof(NamesInBase))]
    [InlineData(nameof(INamesInInterface))]
    [InlineData(nameof(NamesInConstraint<Sample>))]
    [InlineData(nameof(NamesInField))]
    [InlineData(nameof(NamesInSignature))]
    [InlineData(nameof(NamesInLocal))]
    [InlineData(nameof(NamesInCall))]
    [InlineData(nameof(NamesInGenericCall))]
    [InlineData(nameof(NamesInNestedType))]
    [InlineData(nameof(NamesBehindSwitch))]
    [InlineData(nameof(NamesInAttribute))]
    public void A_named_type_is_found(string type) => Assert.Contains(NamedBy(type), name => name.Namespace == Folder);

    [Fact]
    public void A_type_that_names_no_sample_is_not_taken_for_one_that_does()
    {
        IReadOnlySet<TypeName> named = NamedBy(nameof(NamesNone));

        Assert.DoesNotContain(named, name => name.Namespace == Folder);
        Assert.Contains(new TypeName("System", nameof(Console)), named);
    }

    [Fact]
    public void A_call_of_native_code_is_found() => Assert.Contains((new(Folder, nameof(Imports)), "a-library"), Tests.Imports);

    private static IReadOnlySet<TypeName> NamedBy(string type) =>
        Assert.Single(Tests.Types, found => found.Type.Namespace == Folder && found.Type.Name.Split('`')[0] == type).Named;
}
