using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests the functions of classes with the attribute GuestExport.</summary>
public sealed class ExportTests
{
    private const string Interfaces = """
        using System;
        using System.Threading;
        using System.Threading.Tasks;
        using Hyperlight;
        using Hyperlight.Guest;

        namespace Shop;

        [GuestInterface]
        public partial interface IOrders
        {
            string Total(string order, int count);
            Task<long> CountAsync(byte[] orders, CancellationToken cancellationToken = default);
            [GuestFunction("Forget")] void Clear();
            ValueTask<int> PeekAsync();
        }

        [HostInterface]
        public interface IRates
        {
            double Rate(string currency);
            Task LogAsync(ReadOnlyMemory<byte> text);
        }

        """;

    private const string Orders = """
        [GuestExport]
        internal sealed partial class Orders(IRates rates) : IOrders
        {
            public string Total(string order, int count) => $"{order} {count * rates.Rate("EUR")}";
            public async Task<long> CountAsync(byte[] orders, CancellationToken cancellationToken)
            {
                await rates.LogAsync(orders);
                return orders.Length;
            }

            public void Clear() { }
            public ValueTask<int> PeekAsync() => new(1);
        }

        """;

    [Fact]
    public void Each_method_of_the_guest_interfaces_is_a_function_of_the_guest()
    {
        GeneratorRun run = GeneratorRun.Of(Interfaces + Orders);

        Assert.Empty(run.Found.Concat(run.OfCompiler.Where(found => found.Id != "CS1591")));
        string text = Assert.Single(run.Files, file => file.HintName.EndsWith(".export.g.cs", StringComparison.Ordinal)).SourceText
            .ToString();
        Assert.Contains(
            "global::Shop.Orders target = new(global::Hyperlight.Guest.Host.Get<global::Shop.IRates>());", text, StringComparison.Ordinal);
        Assert.Contains("Register(\"Total\", arguments =>", text, StringComparison.Ordinal);
        Assert.Contains("arguments.RequireCount(2);", text, StringComparison.Ordinal);
        Assert.Contains(
            "GuestResult.Of<string>(((global::Shop.IOrders)target).Total(arguments.Get<string>(0), arguments.Get<int>(1)));", text,
            StringComparison.Ordinal);
        Assert.Contains("Register(\"Count\", arguments =>", text, StringComparison.Ordinal);
        Assert.Contains("CountAsync(arguments.Get<byte[]>(0), default).GetAwaiter().GetResult()", text, StringComparison.Ordinal);
        Assert.Contains("Register(\"Forget\", arguments =>", text, StringComparison.Ordinal);
        Assert.Contains("PeekAsync().AsTask().GetAwaiter().GetResult()", text, StringComparison.Ordinal);
        string host = TextOf(run, "Guest.Shop.IRates");
        Assert.Contains("Host.Call<double>(\"IRates.Rate\", currency)", host, StringComparison.Ordinal);
        Assert.Contains("Host.Call(\"IRates.Log\", text.ToArray());", host, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("static readonly IRates Rates = Host.Get<IRates>();")]
    [InlineData("static readonly Lazy<IRates> Rates = new(Host.Get<IRates>);")]
    [InlineData("static double One() => Host.Get<Shop.IRates>().Rate(\"EUR\") + Hyperlight.Guest.Host.Get<IRates>().Rate(\"USD\");")]
    public void A_host_interface_that_code_asks_for_is_implemented_once(string use)
    {
        GeneratorRun run = GeneratorRun.Of(Interfaces + Orders + $"class Other {{ {use} }}");

        Assert.Empty(run.Found.Concat(run.OfCompiler.Where(found => found.Id != "CS1591")));
        Assert.Contains("AddHostInterface<global::Shop.IRates>(new Proxy())", TextOf(run, "Guest.Shop.IRates"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_interface_that_no_code_asks_for_is_not_implemented() =>
        Assert.DoesNotContain(
            GeneratorRun.Of(Interfaces).Files, file => file.HintName.StartsWith("Guest.", StringComparison.Ordinal));

    [Theory]
    [InlineData("class Other { object Get() => Host.Get<[|string|]>(); }", "HL6020", "Host.Get is called with string;")]
    [InlineData("class Other { object Get() => Host.Get<[|IOrders|]>(); }", "HL6020", "Host.Get is called with IOrders;")]
    [InlineData("class Other { object Get<T>() where T : class => Host.Get<[|T|]>(); }", "HL6020", "Host.Get is called with T;")]
    [InlineData(
        "[GuestExport] class [|Other|] : IOthers { public void Clear() { } }", "HL6021",
        "Shop.Other has the function Forget, which Shop.Orders has as well;")]
    public void A_mistake_of_a_guest_is_one_error_at_its_place(string declaration, string code, string message)
    {
        string source = Interfaces + Orders
            + "[GuestInterface] partial interface IOthers { [GuestFunction(\"Forget\")] void Clear(); }\n" + declaration;
        int start = source.IndexOf("[|", StringComparison.Ordinal), end = source.IndexOf("|]", StringComparison.Ordinal) - 2;
        source = source.Replace("[|", "", StringComparison.Ordinal).Replace("|]", "", StringComparison.Ordinal);

        GeneratorRun run = GeneratorRun.Of(source);

        Diagnostic found = Assert.Single(run.Found);
        Assert.Equal((code, start, end), (found.Id, found.Location.SourceSpan.Start, found.Location.SourceSpan.End));
        Assert.Contains(message, found.GetMessage(null), StringComparison.Ordinal);
        Assert.DoesNotContain(run.OfCompiler, error => error.Severity == DiagnosticSeverity.Error);
    }

    [Fact]
    public void A_mistake_in_an_interface_of_the_guests_project_is_one_error()
    {
        GeneratorRun run = GeneratorRun.Of("""
            using Hyperlight;
            [GuestInterface] public partial interface IOrders { int Add(object value); }
            [HostInterface] public interface IRates { void Log(object value); }
            [GuestExport] class Orders(IRates rates) : IOrders { public int Add(object value) { rates.Log(value); return 1; } }
            """);

        Assert.Equal(["HL6006 1", "HL6006 2"], run.Found.Select(PlaceOf).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_mistake_in_an_interface_of_another_project_is_an_error_at_the_class_that_uses_it()
    {
        GeneratorRun run = GeneratorRun.Of(
            ["""
            [Hyperlight.GuestExport]
            class Orders(IRates rates) : IOrders { public int Add(object value) { rates.Log(value); return 1; } }
            """],
            more: SharedInterfaceTests.SharedAssembly("""
            using Hyperlight;
            [GuestInterface] public interface IOrders { int Add(object value); }
            [HostInterface] public interface IRates { void Log(object value); }
            """),
            side: Side.Guest);

        Assert.Equal(["HL6006 1", "HL6006 1"], run.Found.Select(PlaceOf));
        Assert.DoesNotContain(run.OfCompiler, error => error.Severity == DiagnosticSeverity.Error);
    }

    [Theory]
    [InlineData("[GuestExport] class Other : IDisposable { public void Dispose() { } }", "HL6015")]
    [InlineData("[GuestExport] abstract class Other : IOrders", "HL6016")]
    [InlineData("[GuestExport] class Other<T> : IOrders", "HL6016")]
    [InlineData("[GuestExport] file class Other : IOrders", "HL6016")]
    [InlineData("[GuestExport] class Other(int start, IRates rates) : IOrders", "HL6016")]
    [InlineData("[GuestExport] class Other : IOrders { public Other() { } public Other(IRates rates) { }", "HL6016")]
    [InlineData("class Outer { [GuestExport] class Other : IOrders", "HL6016")]
    public void A_class_that_the_guest_cannot_use_is_refused(string declaration, string code)
    {
        GeneratorRun run = GeneratorRun.Of(Interfaces + declaration + (code == "HL6015" ? "" : " { }"));

        Assert.Equal(code, Assert.Single(run.Found).Id);
        Assert.DoesNotContain(run.Files, file => file.HintName.EndsWith(".export.g.cs", StringComparison.Ordinal));
    }

    private static string TextOf(GeneratorRun run, string file) =>
        Assert.Single(run.Files, found => found.HintName.StartsWith(file, StringComparison.Ordinal)).SourceText.ToString();

    private static string PlaceOf(Diagnostic found) => $"{found.Id} {found.Location.GetLineSpan().StartLinePosition.Line}";

    [Theory]
    [InlineData("[GuestExport] class Other : IMissing { }")]
    [InlineData("[GuestExport] class Other : IDisposable, IMissing { public void Dispose() { } }")]
    [InlineData("[GuestExport] class Other(IMissing missing) : IDisposable { public void Dispose() { } }")]
    public void A_name_that_the_compiler_does_not_find_is_not_reported_again(string declaration)
    {
        GeneratorRun run = GeneratorRun.Of(Interfaces + declaration);

        Assert.Empty(run.Found);
        Assert.Equal("CS0246", Assert.Single(run.OfCompiler, found => found.Severity == DiagnosticSeverity.Error).Id);
    }
}
