using Microsoft.CodeAnalysis.CSharp;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests that older versions of C# can make every kind of call. They can pass arrays, and no spans, to params.</summary>
public sealed class OlderLanguageTests
{
    private const string Program = """
        using System;
        using System.IO;
        using System.Threading;
        using System.Threading.Tasks;
        using Hyperlight;

        internal static class Program
        {
            public static async Task Run(GuestImage image, CancellationToken token)
            {
                CallOptions limit = default(CallOptions);
                using (Sandbox sandbox = await image.CreateSandboxAsync(options => options.CallTimeout = TimeSpan.FromSeconds(1), token))
                using (SharedRegion region = SharedRegion.FromBytes("weights", new byte[] { 1, 2, 3 }))
                using (SharedRegion file = SharedRegion.FromStream("file", Stream.Null, 1))
                using (Snapshot snapshot = sandbox.TakeSnapshot())
                using (Sandbox copy = snapshot.CreateSandbox(options => options.HostFunctions
                    .Add("Now", () => "noon")
                    .Add("NowAsync", async () => { await Task.Delay(1); return "noon"; })
                    .Add("Print", (string text) => Console.WriteLine(text))
                    .Add("Wait", async (int milliseconds, CancellationToken stop) => await Task.Delay(milliseconds, stop))))
                {
                    sandbox.Call("F");
                    sandbox.Call("F", 1, "two", 3.0, true, new byte[] { 4 });
                    sandbox.Call("F", limit, 1);
                    int a = sandbox.Call<int>("F");
                    int b = sandbox.Call<int>("F", 1, 2);
                    int c = sandbox.Call<int>("F", limit, 1, 2);
                    await sandbox.CallAsync("F");
                    await sandbox.CallAsync("F", 1, 2);
                    await sandbox.CallAsync("F", limit, 1, 2);
                    string d = await sandbox.CallAsync<string>("F", "x");
                    string e = await sandbox.CallAsync<string>("F", limit, "x");
                    using (RegionMapping mapping = sandbox.MapRegion(region, new GuestPhysicalAddress(0x1000)))
                    {
                        Console.WriteLine(mapping.Size + a + b + c + d + e);
                    }
                }

                using (SandboxPool pool = new SandboxPool(image, options => { options.MaxCount = 2; options.ReadyCount = 1; }))
                using (SandboxLease first = pool.Rent())
                using (SandboxLease second = await pool.RentAsync(token))
                {
                    Console.WriteLine(first.Sandbox.Name + second.Sandbox.Layout.Id);
                }
            }
        }
        """;

    [Theory]
    [InlineData(LanguageVersion.CSharp7_3)]
    [InlineData(LanguageVersion.CSharp9)]
    [InlineData(LanguageVersion.CSharp12)]
    [InlineData(LanguageVersion.CSharp13)]
    public void Every_version_of_the_language_calls_guests_and_serves_their_calls(LanguageVersion version) =>
        Assert.Empty(GeneratorRun.Of(Program, version, nullable: false).OfCompiler);
}
