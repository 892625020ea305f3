using System.Text;
using Hyperlight.SourceLines;

namespace Hyperlight.Building.Tests.SourceLines;

/// <summary>Tests the names that methods in C# have in source maps.</summary>
public sealed class MethodNamesTests
{
    private const string Here = "Hyperlight_Building_Tests_Hyperlight_Building_Tests_SourceLines_MethodNamesTests";

    private static readonly MethodNames Names = new([File.ReadAllBytes(typeof(MethodNamesTests).Assembly.Location)]);

    [Theory]
    [InlineData("_Sample_1__Plain", "MethodNamesTests.Sample<T>.Plain")]
    [InlineData("_Sample_1<System___Canon>__Plain", "MethodNamesTests.Sample<T>.Plain")]
    [InlineData("_Sample_1<List_1<int>>__Plain_0<Pair_2<int__int>>", "MethodNamesTests.Sample<T>.Plain")]
    [InlineData("_Sample_1__Plain_12", "MethodNamesTests.Sample<T>.Plain")]
    [InlineData("_Sample_1_Inner_1__Plain_2", "MethodNamesTests.Sample<T>.Inner<TKey>.Plain_2")]
    [InlineData("_Sample_1___ctor", "MethodNamesTests.Sample<T>..ctor")]
    [InlineData("_Sample_1__System_IDisposable_Dispose", "MethodNamesTests.Sample<T>.Dispose")]
    [InlineData("_Sample_1__Other", null)]
    [InlineData("_Sample_1__Plain_x", null)]
    [InlineData("", null)]
    public void A_symbol_of_the_native_compiler_is_a_method(string symbol, string? method) =>
        Assert.Equal(method is null ? "" : $"{Here}{symbol}\0{method}\0", Encoding.UTF8.GetString(Names.Write([Here + symbol])));

    [Theory]
    [InlineData("Orders.Total", "Orders", "Total")]
    [InlineData("Orders.Box<T>..ctor", "Orders", "Box<T>", ".ctor")]
    [InlineData("Orders.Total", "Orders", "Shop.IOrders.Total")]
    [InlineData("lambda in Orders.Total", "Orders", "<>c", "<Total>b__4_0")]
    [InlineData("lambda in Orders.Total", "Orders", "<>c__DisplayClass4_0", "<Total>b__0")]
    [InlineData("lambda in Orders.Total", "Orders", "<>c", "<<Total>b__4_0>d", "MoveNext")]
    [InlineData("lambda in Orders..cctor", "Orders", "<>c", "<.cctor>b__9_0")]
    [InlineData("Orders.Total.Sum", "Orders", "<Total>g__Sum|4_0")]
    [InlineData("lambda in Orders.Total.Sum", "Orders", "<>c", "<<Total>g__Sum|4_1>b__2")]
    [InlineData("Orders.Total", "Orders", "<Total>d__3", "MoveNext")]
    [InlineData("Program.Main", "Program", "<Main>$")]
    [InlineData("Export.Start", "<Orders_export_g>FFADCB9__Export", "Start")]
    [InlineData("Orders.<", "Orders", "<")]
    [InlineData("Orders.", "Orders", "<>")]
    public void A_method_is_called_as_its_author_calls_it(string text, params string[] names) =>
        Assert.Equal(text, MethodText.Of(names[..^1], names[^1]));

    [Fact]
    public void Files_that_are_no_assemblies_have_no_methods() =>
        Assert.Empty(new MethodNames([default, "MZ no assembly"u8.ToArray()]).Write([Here + "_Sample_1__Plain"]));

#pragma warning disable CA1822, CA1861
    private sealed class Sample<T> : IDisposable
    {
        public void Plain() => _ = typeof(T);

        void IDisposable.Dispose()
        {
        }

        public sealed class Inner<TKey>
        {
            public void Plain_2() => _ = typeof(TKey);
        }
    }
#pragma warning restore CA1822, CA1861
}
