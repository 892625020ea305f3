using Hyperlight.EndToEnd.Tests.Documents;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests projects whose guests are compiled from sources, with the package.</summary>
public sealed class GuestSourceTests(PackageFolder packages)
{
    private const string Guest = """
        #include <hyperlight_guest.h>

        static int32_t add(int32_t a, int32_t b)
        {
            return a + b;
        }
        HYPERLIGHT_WRAP_FUNCTION(add, Int, 2, Int, Int)

        void hyperlight_main(void)
        {
            HYPERLIGHT_REGISTER_FUNCTION("Add", add);
        }
        """;

    private const string Baked = "Baked the image of ";

    private const string More = "static volatile int number;\n__attribute__((constructor)) static void start(void) { number = 1; }\n";

    [Fact]
    public void Guests_of_both_processors_are_compiled_called_and_published_without_the_path_of_a_source()
    {
        CCompiler.Require();
        using Workspace workspace = new(packages, "My guests é");
        workspace.Write("guest/add.c", Guest);
        workspace.Write("guest/wide/more.c", More);
        workspace.Write("App.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <ItemGroup>
                <HyperlightGuestSource Include="guest/*.c;guest/wide/more.c" Guest="wide" />
                <HyperlightGuestSource Include="guest/add.c" Guest="narrow" Architecture="i686" />
              </ItemGroup>
            </Project>
            """);
        workspace.Write("Program.cs", """
            using Sandbox wide = Guests.Wide.CreateSandbox();
            using Sandbox narrow = Guests.Narrow.CreateSandbox();
            Console.WriteLine($"{wide.Call<int>("Add", 2, 3)} {narrow.Call<int>("Add", 40, 2)}");
            """);

        workspace.Build("publish", "-c", "Release", "-o", "out").MustSucceed();

        Assert.All(
            Directory.EnumerateFiles(workspace.PathOf("out/guests"), "*", SearchOption.AllDirectories),
            file => Assert.DoesNotContain("add.c", File.ReadAllText(file, System.Text.Encoding.Latin1), StringComparison.Ordinal));
        Assert.All(
            Directory.EnumerateFiles(workspace.PathOf("out"), "*", SearchOption.AllDirectories),
            file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf("My guests é"u8)));

        BuildLog unchanged = workspace.Build("build", "-c", "Release").MustSucceed().Log!;
        Assert.True(unchanged.Ran("CompileGuests"));
        Assert.Empty(MadeIn(unchanged));
        Assert.Empty(unchanged.MessagesThatStartWith(Baked));
        Assert.True(unchanged.WasUpToDate("CoreCompile"));

        workspace.Write("guest/wide/more.c", More.Replace('1', '2'));
        BuildLog changed = workspace.Build("build", "-c", "Release").MustSucceed().Log!;
        Assert.Equal(["more.c", "wide.debug", "wide.elf"], MadeIn(changed));
        Assert.Equal([Baked + "wide."], changed.MessagesThatStartWith(Baked));

        Kvm.Require();
        Assert.Equal("5 42", workspace.DotNet("out/App.dll").MustSucceed().Output.TrimEnd());
    }

    // The name of an object has the name of its source, a hyphen and a digest.
    private static IEnumerable<string> MadeIn(BuildLog log) =>
        log.MessagesThatStartWith("Made ").Select(text => Path.GetFileName(text.TrimEnd('.')).Split('-')[0]).Order(StringComparer.Ordinal);
}
