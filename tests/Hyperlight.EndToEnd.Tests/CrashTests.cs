using Hyperlight.EndToEnd.Tests.Documents;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>
/// Tests that programs say where in its source a guest has failed, for guests of all layouts that one project compiles. Those with 32-bit
/// paging run in the lab only, in the tests of the runtime, which build the same source.
/// </summary>
public sealed class CrashTests(PackageFolder packages)
{
    private const string Program = """
        (string Name, Func<Sandbox> Start, ulong Nowhere)[] guests =
        [
            ("amd64", () => Guests.Amd64.CreateSandbox(), 0),
            ("flat", () => Guests.Flat.CreateSandbox(), 0),
            ("identity", () => Guests.Identity.CreateSandbox(), 0x8000_0000), // address 0 is memory of the guest
        ];
        foreach ((string name, Func<Sandbox> start, ulong nowhere) in guests)
        {
            Fail("write_nowhere", nowhere);
            Fail("give_up_like_a_program");
            Fail("divide_by_zero");
            Fail("spin");
            Fail("recurse", 1);

            void Fail(string function, params GuestValue[] arguments)
            {
                using Sandbox sandbox = start();
                try
                {
                    sandbox.Call<GuestValue>(function, new() { Timeout = TimeSpan.FromSeconds(function == "spin" ? 0.1 : 10) }, arguments);
                }
                catch (Exception e)
                {
                    Console.WriteLine($"{name} {function} {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
                }
            }
        }
        """;

    private static readonly string[] Guests = ["amd64", "flat", "identity"];
    private static readonly string[] Functions = ["write_nowhere", "give_up_like_a_program", "divide_by_zero", "spin", "recurse"];

    [Fact]
    public void A_guest_of_each_layout_names_the_line_that_failed_and_in_Release_only_if_the_project_says_so()
    {
        CCompiler.Require();
        Kvm.Require();
        using Workspace workspace = WithGuests();

        workspace.Build("build").MustSucceed();
        AssertLines(workspace, "bin/Debug/net10.0");

        workspace.Build("publish", "-c", "Release", "-o", "plain").MustSucceed();
        Assert.Empty(Maps(workspace, "plain"));
        Assert.All(Run(workspace, "plain"), line =>
        {
            Assert.DoesNotContain(" (guest/crash.c:", line, StringComparison.Ordinal);
            Assert.DoesNotContain($" at {line.Split(' ')[1]}", line, StringComparison.Ordinal);
            Assert.Matches("[RE]IP 0x[0-9A-Fa-f]{3,}|GuestAbortedException", line);
        });

        workspace.Build("publish", "-c", "Release", "--no-build", "-p:HyperlightPublishSourceMaps=true", "-o", "mapped").MustSucceed();
        AssertLines(workspace, "mapped");
    }

    private static void AssertLines(Workspace workspace, string folder)
    {
        string[] source = File.ReadAllLines(workspace.PathOf("guest/crash.c"));

        Assert.Equal(4, Maps(workspace, folder).Length);
        Assert.All(Run(workspace, folder), line =>
        {
            string function = line.Split(' ')[1];
            int marked = 1 + Array.FindIndex(source, text => text.EndsWith($"/* here: {function} */", StringComparison.Ordinal));
            Assert.True(line.Contains($" at {function} (guest/crash.c:{marked})", StringComparison.Ordinal), line);
        });
    }

    private static string[] Run(Workspace workspace, string folder)
    {
        string[] lines = workspace.DotNet(folder + "/App.dll").MustSucceed().Output.TrimEnd().Split('\n');
        Assert.Equal(
            from guest in Guests from function in Functions select $"{guest} {function}",
            lines.Select(line => string.Join(' ', line.Split(' ')[..2])));
        return lines;
    }

    private static string[] Maps(Workspace workspace, string folder) =>
        Directory.GetFiles(workspace.PathOf(folder + "/guests"), "*.map");

    private Workspace WithGuests()
    {
        Workspace workspace = new(packages);
        workspace.Write("guest/crash.c", File.ReadAllBytes(Path.Combine(Workspace.RepositoryRoot(), "tests/guests/src/crash.c")));
        workspace.Write("Program.cs", Program);
        workspace.Write("App.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <PropertyGroup>
                <NoWarn>$(NoWarn);HL1027</NoWarn>
              </PropertyGroup>
              <ItemGroup>
                <HyperlightGuestSource Include="guest/crash.c" Guest="amd64" />
                <HyperlightGuestSource Include="guest/crash.c" Guest="flat" Architecture="i686" />
                <HyperlightGuestSource Include="guest/crash.c" Guest="identity" Architecture="i686-identity" />
                <HyperlightGuestSource Include="guest/crash.c" Guest="paged" Architecture="i686-paged" />
              </ItemGroup>
            </Project>
            """);
        return workspace;
    }
}
