namespace Hyperlight.Generator.Tests;

/// <summary>Tests the functions of classes with the attribute GuestExport.</summary>
public sealed class ExportTests
{
    private const string Interfaces = """
        using System;
        using System.Threading;
        using System.Threading.Tasks;
        using Hyperlight;

        namespace Shop;

        [GuestInterface]
        public partial interface IOrders
        {
            string Total(string order, int count);
            Task<long> CountAsync(byte[] orders, CancellationToken cancellationToken = default);
            [GuestFunction("Forget")] void Clear();
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
        }
        """;

    [Fact]
    public void Each_method_of_the_guest_interfaces_is_a_function_of_the_guest()
    {
        GeneratorRun run = GeneratorRun.Of(Interfaces + Orders);

        Assert.Empty(run.Found.Concat(run.OfCompiler.Where(found => found.Id != "CS1591")));
        string text = Assert.Single(run.Files, file => file.HintName.EndsWith(".export.g.cs", StringComparison.Ordinal)).SourceText
            .ToString();
        Assert.Contains("global::Shop.Orders target = new(new Host0());", text, StringComparison.Ordinal);
        Assert.Contains("Register(\"Total\", arguments =>", text, StringComparison.Ordinal);
        Assert.Contains("arguments.RequireCount(2);", text, StringComparison.Ordinal);
        Assert.Contains(
            "GuestResult.Of<string>(((global::Shop.IOrders)target).Total(arguments.Get<string>(0), arguments.Get<int>(1)));", text,
            StringComparison.Ordinal);
        Assert.Contains("Register(\"Count\", arguments =>", text, StringComparison.Ordinal);
        Assert.Contains("CountAsync(arguments.Get<byte[]>(0), default).GetAwaiter().GetResult()", text, StringComparison.Ordinal);
        Assert.Contains("Register(\"Forget\", arguments =>", text, StringComparison.Ordinal);
        Assert.Contains("Host.Call<double>(\"IRates.Rate\", currency)", text, StringComparison.Ordinal);
        Assert.Contains("Host.Call(\"IRates.Log\", text.ToArray());", text, StringComparison.Ordinal);
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
}
