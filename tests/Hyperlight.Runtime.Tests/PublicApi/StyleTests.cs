using System.Reflection;
using System.Runtime.CompilerServices;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.PublicApi;

/// <summary>Tests the rules that all public members follow.</summary>
public sealed class StyleTests
{
    private static readonly IReadOnlyList<MethodInfo> Methods =
    [
        .. PublicTypes.All.SelectMany(type => type.GetMethods(
            BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)),
    ];

    private static readonly IReadOnlyList<Type> Options =
        [.. PublicTypes.All.Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.IsClass)];

    [Fact]
    public void Options_are_set_by_an_action_and_passed_in_no_other_way()
    {
        Assert.Equal(4, Options.Count);
        Assert.All(Options, type => Assert.True(type.IsSealed && type.GetConstructor([]) is not null, type.Name));
        Assert.All(
            Options.SelectMany(type => type.GetProperties()),
            property => Assert.False(IsInitOnly(property), $"{property.DeclaringType!.Name}.{property.Name}"));
        Type[] passed = [.. Parameters().Select(parameter => parameter.ParameterType)];
        Assert.DoesNotContain(passed, Options.Contains);
        Assert.All(Options, type => Assert.Contains(typeof(Action<>).MakeGenericType(type), passed));
    }

    [Fact]
    public void Every_asynchronous_method_has_a_synchronous_one_with_its_parameters_and_the_other_way_round()
    {
        const string Suffix = "Async";
        string[] pairs = ["Call", "CreateSandbox", "Load", "Open", "Rent", "Run", "Save"];
        MethodInfo[] asynchronous =
            [.. Methods.Where(method => method.Name.EndsWith(Suffix, StringComparison.Ordinal) && method.Name != "DisposeAsync")];
        MethodInfo[] synchronous =
            [.. Methods.Where(method => pairs.Contains(method.Name) && method.DeclaringType != typeof(GuestCommandLine))];

        Assert.Equal(
            synchronous.Select(method => Describe(method, method.Name)).Order(StringComparer.Ordinal),
            asynchronous.Select(method => Describe(method, method.Name[..^Suffix.Length])).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_method_that_tries_returns_whether_it_could() => Assert.All(
        Methods.Where(method => method.Name.StartsWith("Try", StringComparison.Ordinal)),
        method => Assert.Equal(typeof(bool), method.ReturnType));

    [Fact]
    public void Sizes_are_long() => Assert.All(
        PublicTypes.All.SelectMany(type => type.GetProperties())
            .Where(property => property.Name.Contains("Size", StringComparison.Ordinal)),
        property => Assert.True(property.PropertyType == typeof(long), $"{property.DeclaringType!.Name}.{property.Name}"));

    [Fact]
    public void No_method_has_the_name_of_the_type_it_returns() =>
        Assert.DoesNotContain(Methods, method => method.Name == method.ReturnType.Name);

    [Fact]
    public void Every_shipped_assembly_lists_its_public_members()
    {
        string root = Repository.Root;
        string[] projects =
        [
            .. Directory.GetFiles(Path.Combine(root, "runtime"), "*.csproj", SearchOption.AllDirectories),
            .. Directory.GetFiles(Path.Combine(root, "tasks"), "*.csproj", SearchOption.AllDirectories),
        ];

        Assert.NotEmpty(projects);
        Assert.All(
            projects.Select(Path.GetDirectoryName),
            project => Assert.True(File.Exists(Path.Combine(project!, "PublicAPI.Shipped.txt")), project));
    }

    private static IEnumerable<ParameterInfo> Parameters() => Methods.Cast<MethodBase>()
        .Concat(PublicTypes.All.SelectMany(type => type.GetConstructors()))
        .Where(method => !method.DeclaringType!.IsAssignableTo(typeof(Delegate)))
        .SelectMany(method => method.GetParameters());

    private static bool IsInitOnly(PropertyInfo property) =>
        property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;

    private static string Describe(MethodInfo method, string name)
    {
        IEnumerable<Type> parameters = method.GetParameters().Select(parameter => parameter.ParameterType);
        return $"{method.DeclaringType!.Name}.{name}`{method.GetGenericArguments().Length}({string.Join(", ", parameters)})";
    }
}
