using Hyperlight.Runtime.Tests.Walls.Samples;
using Hyperlight.Testing.Assemblies;

namespace Hyperlight.Runtime.Tests.Walls;

/// <summary>Tests that the reader of compiled assemblies finds every place in which a type names another type.</summary>
public class CompiledAssemblyTests
{
    private const string Folder = "Hyperlight.Runtime.Tests.Walls.Samples";

    private static readonly CompiledAssembly Tests = CompiledAssembly.Read(typeof(CompiledAssemblyTests).Assembly.Location);

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
    [InlineData(nameof(NamesInArgument))]
    [InlineData(nameof(NamesInArgumentOfParameter))]
    [InlineData(nameof(NamesInArgumentOfProperty))]
    [InlineData(nameof(NamesInCast))]
    [InlineData(nameof(NamesInLambda))]
    [InlineData(nameof(NamesInAsyncMethod))]
    [InlineData(nameof(NamesInExtension))]
    [InlineData(nameof(NamesInFilter))]
    [InlineData(nameof(NamesInFunctionPointer))]
    public void A_named_type_is_found(string type) => Assert.Contains(
        NamedBy(type), name => name.Namespace == Folder && name.Name.Contains("Sample", StringComparison.Ordinal));

    [Fact]
    public void A_type_that_names_no_sample_is_not_taken_for_one_that_does()
    {
        HashSet<TypeName> named = NamedBy(nameof(NamesNone));

        Assert.DoesNotContain(named, name => name.Namespace == Folder);
        Assert.Contains(named, name => name.FullName == typeof(Console).FullName);
    }

    [Fact]
    public void A_call_of_native_code_is_found() => Assert.Equal(["a-library"], Find(nameof(Imports)).Libraries);

    private static HashSet<TypeName> NamedBy(string type) => Find(type).Uses;

    private static CompiledType Find(string type) =>
        Assert.Single(Tests.Types, found => found.Name.Namespace == Folder && found.Name.Name.Split('`')[0] == type);
}
