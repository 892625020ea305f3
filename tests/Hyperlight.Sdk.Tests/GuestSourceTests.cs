using Microsoft.Build.Execution;

namespace Hyperlight.Sdk.Tests;

/// <summary>Tests guests in C that are compiled from <c>HyperlightGuestSource</c> items, with each compiler of this machine.</summary>
public sealed class GuestSourceTests
{
    private const string Source = """
        #include <hyperlight_guest.h>
        #include "numbers.h"

        static int32_t add(int32_t a, int32_t b)
        {
            return a + b + ZERO;
        }
        HYPERLIGHT_WRAP_FUNCTION(add, Int, 2, Int, Int)

        void hyperlight_main(void)
        {
            HYPERLIGHT_REGISTER_FUNCTION("Add", add);
        }
        """;

    private const string Item = "<HyperlightGuestSource Include='guest/*.c' Guest='adder' IncludeFolders='guest/include'";

    public static TheoryData<string> Compilers => ["clang", "gcc", "zig"];

    [Theory]
    [InlineData("clang", "amd64")]
    [InlineData("clang", "i686")]
    [InlineData("gcc", "amd64")]
    [InlineData("gcc", "i686")]
    [InlineData("gcc", "i686-identity")]
    [InlineData("gcc", "i686-paged")]
    public void An_optimized_guest_is_the_guest_of_the_script(string compiler, string architecture)
    {
        using SdkProject project = WithSource(compiler, $"{Item} Architecture='{architecture}' />");

        Assert.Equal(["adder"], project.Build("HyperlightBake", ("Optimize", "true")).Baked);

        Assert.Equal(
            KitScript.Build(compiler, architecture, project), File.ReadAllBytes(project.PathOf("obj/Debug/net10.0/guests/adder.elf")));
    }

    // Zig makes other objects when it also writes a dependency file, so its guests are not those of the script.
    [Theory]
    [InlineData("Architecture='amd64'")]
    [InlineData("Architecture='i686'")]
    [InlineData("Architecture='i686-identity'")]
    [InlineData("Architecture='i686-paged'")]
    [InlineData("Libc='musl' HeapSize='1M' ScratchSize='16M'")]
    public void Zig_makes_the_same_guest_in_each_folder(string metadata)
    {
        byte[][] guests = new byte[2][];
        for (int i = 0; i < guests.Length; i++)
        {
            using SdkProject project = WithSource("zig", $"{Item} {metadata} />");
            project.Write("guest/main.c", "int main(void) { return 0; }\n");

            BuildOutcome outcome = project.Build("HyperlightBake", ("Optimize", "true"));

            Assert.Empty(outcome.Errors);
            Assert.Equal(["adder"], outcome.Baked);
            guests[i] = File.ReadAllBytes(project.PathOf("obj/Debug/net10.0/guests/adder.elf"));
        }

        Assert.Equal(guests[0], guests[1]);
    }

    [Theory]
    [MemberData(nameof(Compilers))]
    public void An_option_that_no_source_can_have_is_one_error(string compiler)
    {
        using SdkProject project = WithSource(compiler, $"{Item} Options='--no-such-option' />");
        project.Write("guest/second.c", "");

        Diagnostic error = Assert.Single(project.Build("HyperlightBake").Errors);

        Assert.Equal(("HL4038", project.File), (error.Code, error.File));
        Assert.Contains("--no-such-option", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clang")]
    [InlineData("gcc")]
    public void A_program_with_a_C_library_is_the_program_of_the_script(string compiler)
    {
        Assert.SkipUnless(File.Exists("/usr/lib/x86_64-linux-musl/libc.a"), "probe musl: the package musl-dev is not installed");
        using SdkProject project = WithSource(compiler, $"{Item} Libc='musl' HeapSize='1M' ScratchSize='16M' />");
        project.Write("guest/add.c", "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n");

        BuildOutcome outcome = project.Build("HyperlightBake", ("Optimize", "true"));

        Assert.Empty(outcome.Errors);
        Assert.Equal(
            KitScript.Build(compiler, "amd64", project, "--libc", "musl"),
            File.ReadAllBytes(project.PathOf("obj/Debug/net10.0/guests/adder.elf")));
        string symbols = File.ReadAllText(project.PathOf("obj/Debug/net10.0/guests/adder.debug"), System.Text.Encoding.Latin1);
        Assert.Contains(".debug_line", symbols, StringComparison.Ordinal);
        Assert.Empty(project.Build("HyperlightBake", ("Optimize", "true")).Made);
    }

    [Theory]
    [MemberData(nameof(Compilers))]
    public void A_weak_symbol_that_nothing_defines_is_a_warning_that_names_it(string compiler)
    {
        using SdkProject project = WithSource(compiler);
        project.Write(
            "guest/add.c",
            Source.Replace("return a", "return optional == 0 ? 0 : optional(a)", StringComparison.Ordinal)
                .Replace("static int32_t add", "__attribute__((weak)) int optional(int);\n\nstatic int32_t add", StringComparison.Ordinal));

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Empty(outcome.Errors);
        Assert.Contains(
            "'optional'",
            string.Concat(outcome.Warnings.Concat(outcome.Information).Select(found => found.Message)),
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Compilers))]
    public void A_syntax_error_is_one_error_at_its_line(string compiler)
    {
        using SdkProject project = WithSource(compiler);
        project.Write("guest/add.c", Source.Replace("ZERO;", "ZERO +;", StringComparison.Ordinal));

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(("HL4038", project.PathOf("guest/add.c"), 6), (error.Code, error.File, error.Line));
        Assert.Contains("expected expression", error.Message, StringComparison.Ordinal);
        Assert.Empty(outcome.Baked);
    }

    [Theory]
    [MemberData(nameof(Compilers))]
    public void An_undefined_symbol_is_one_error_at_the_line_that_uses_it_also_when_optimized(string compiler)
    {
        using SdkProject project = WithSource(compiler);
        project.Write("guest/add.c", "int missing(int);\n" + Source.Replace("return a", "return missing(a)", StringComparison.Ordinal));

        Diagnostic error = Assert.Single(project.Build("HyperlightBake", ("Optimize", "true")).Errors);

        Assert.Equal((project.PathOf("guest/add.c"), 7), (error.File, error.Line));
        Assert.Contains("missing", error.Message, StringComparison.Ordinal);
        Assert.False(project.Has("obj/Debug/net10.0/guests/adder.elf"));
    }

    [Theory]
    [MemberData(nameof(Compilers))]
    public void A_warning_of_the_compiler_is_a_warning_in_each_build_and_an_error_where_the_project_wants_it(string compiler)
    {
        using SdkProject project = WithSource(compiler);
        project.Write("guest/add.c", Source.Replace("return a", "int unused; return a", StringComparison.Ordinal));

        for (int build = 0; build < 2; build++)
        {
            BuildOutcome outcome = project.Build("HyperlightBake");
            Diagnostic warning = Assert.Single(outcome.Warnings);
            Assert.Equal(("HL4039", project.PathOf("guest/add.c"), 6), (warning.Code, warning.File, warning.Line));
            Assert.Empty(outcome.Errors);
        }

        Diagnostic error = Assert.Single(project.Build("HyperlightBake", ("TreatWarningsAsErrors", "true")).Errors);
        Assert.Equal((project.PathOf("guest/add.c"), 6), (error.File, error.Line));
    }

    [Fact]
    public void Only_what_depends_on_a_change_is_compiled_again()
    {
        using SdkProject project = WithSource("clang");
        project.Write("guest/other.c", "int other(void);\nint other(void) { return 1; }\n");
        Assert.Contains("add.c", string.Concat(project.Build("HyperlightBake").Made), StringComparison.Ordinal);

        Assert.Empty(project.Build("HyperlightBake").Made);

        project.Write("guest/include/numbers.h", "#define ZERO 1\n");
        Assert.Equal(["adder.debug", "adder.elf", "add.c"], Names(project.Build("HyperlightBake").Made));
        project.Write("guest/other.c", "int other(void);\nint other(void) { return 2; }\n");
        Assert.Equal(["adder.debug", "adder.elf", "other.c"], Names(project.Build("HyperlightBake").Made));
        project.SetBody($"<ItemGroup>{Item} Defines='A=1' /></ItemGroup>");
        // Both objects have the same content as before, so nothing is linked.
        Assert.Equal(["add.c", "other.c"], Names(project.Build("HyperlightBake").Made));
    }

    [Fact]
    public void Two_guests_share_the_kit_and_a_removed_guest_leaves_nothing()
    {
        using SdkProject project = WithSource(
            "clang",
            "<HyperlightGuestSource Include='guest/add.c' Guest='adder' IncludeFolders='guest/include' />"
                + "<HyperlightGuestSource Include='guest/second.c' Guest='second' HeapSize='1M' />").WithoutCompiler();
        project.Write("guest/second.c", "#include <hyperlight_guest.h>\nvoid hyperlight_main(void) {}\n");

        BuildOutcome outcome = project.RestoreAndBuild();

        Assert.Empty(outcome.Errors);
        Assert.Equal(["adder", "second"], outcome.Baked.Order());
        Assert.Single(outcome.Made, made => made.EndsWith("/kit-abort-c.o", StringComparison.Ordinal));
        project.SetBody($"<ItemGroup>{Item} /></ItemGroup>");
        project.Delete("guest/second.c");
        Assert.Empty(project.Build("Build").Errors);
        string folder = project.PathOf("obj/Debug/net10.0/guests");
        Assert.Empty(Directory.EnumerateFiles(folder, "second*", SearchOption.AllDirectories));
        Assert.NotEmpty(Directory.EnumerateFiles(folder, "adder*", SearchOption.AllDirectories));
        project.Build("Clean");
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void A_path_may_have_spaces_and_other_characters()
    {
        using SdkProject project = WithSource(
            "clang", "<HyperlightGuestSource Include='my guést #1/ä b.c' Guest='adder' IncludeFolders='guest/include' />");
        project.Write("my guést #1/ä b.c", Source);

        Assert.Equal(["adder"], project.Build("HyperlightBake").Baked);
        Assert.Empty(project.Build("HyperlightBake").Made);
    }

    [Fact]
    public void Without_a_compiler_the_build_says_what_to_install_or_uses_the_prebuilt_guest()
    {
        using SdkProject project = WithSource("clang");

        Diagnostic error = Assert.Single(project.Build("HyperlightBake", ("HyperlightCC", ""), ("PATH", "")).Errors);

        Assert.Equal(("HL4032", project.File), (error.Code, error.File));
        Assert.Contains("apt install clang lld", error.Message, StringComparison.Ordinal);
        Assert.Empty(project.Build("HyperlightBake").Errors);
        project.Write("guests/adder.elf", GuestFiles.Amd64());
        project.SetBody($"<ItemGroup>{Item} Prebuilt='guests/adder.elf' /></ItemGroup>");
        BuildOutcome outcome = project.Build("HyperlightBake", ("HyperlightCC", ""), ("PATH", ""));
        Assert.Equal(["adder"], outcome.Baked);
        Assert.Contains(
            outcome.HighMessages, message => message.Contains("Used instead: guests/adder.elf.", StringComparison.Ordinal));
        Assert.Equal(GuestFiles.Amd64(), File.ReadAllBytes(project.PathOf("obj/Debug/net10.0/guests/adder.elf")));
        Assert.Equal(["adder"], project.Build("HyperlightBake").Baked);
    }

    [Theory]
    [InlineData("HL4033", "HyperlightGuestSource 'guest/ad.c' does not exist", "<HyperlightGuestSource Include='guest/ad.c' />")]
    [InlineData("HL4003", "there are amd64, i686, i686-identity, i686-paged",
        "<HyperlightGuestSource Include='guest/add.c' Architecture='arm' />")]
    [InlineData("HL4015", "Float of 'guest/add.c'", "<HyperlightGuestSource Include='guest/add.c' Float='maybe' />")]
    [InlineData("HL4034", "Libc of 'guest/add.c' is \"musl\"",
        "<HyperlightGuestSource Include='guest/add.c' Architecture='i686' Libc='musl' />")]
    [InlineData("HL4034", "Float of 'guest/other.c' is 'true'",
        "<HyperlightGuestSource Include='guest/add.c' Float='false' />\n<HyperlightGuestSource Include='guest/other.c' Float='true' />")]
    [InlineData("HL4002", "HeapSize of guest 'App'",
        "<HyperlightGuestSource Include='guest/add.c' IncludeFolders='guest/include' HeapSize='1X' />")]
    public void A_mistake_in_an_item_is_one_error_at_its_line(string code, string text, string items)
    {
        using SdkProject project = WithSource("clang", items);
        project.Write("guest/other.c", "");

        Diagnostic error = Assert.Single(project.Build("HyperlightBake").Errors);

        Assert.Equal((code, project.File, items.Contains('\n') ? 5 : 4), (error.Code, error.File, error.Line));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_checked_and_guests_exist_at_evaluation()
    {
        using SdkProject project = WithSource("clang", $"{Item} HeapSise='1M' />");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Contains("HeapSise of HyperlightGuestSource", Assert.Single(outcome.Warnings).Message, StringComparison.Ordinal);
        ProjectInstance seen = project.Evaluate();
        Assert.Equal(
            ("obj/Debug/net10.0/guests/adder.elf", "adder"),
            seen.GetItems("HyperlightGuest").Select(guest => (guest.EvaluatedInclude, guest.GetMetadataValue("Name"))).Single());
        Assert.Equal(
            ["guest/add.c", "guest/include/numbers.h"], seen.GetItems("Watch").Select(item => item.EvaluatedInclude).Order());
    }

    [Fact]
    public void A_mistyped_metadata_is_found_on_each_source_and_an_update_of_no_source_is_a_warning()
    {
        using SdkProject project = WithSource(
            "clang",
            $"{Item} />\n<HyperlightGuestSource Include='more/*.c' Guest='adder' HeapSise='1M' />\n"
                + "<HyperlightGuestSource Update='guest/ad.c' Float='true' />");
        project.Write("more/b.c", "");
        project.Write("more/c.c", "");

        IReadOnlyList<Diagnostic> warnings = project.Build("_HyperlightCheckNames").Warnings;

        Assert.Equal([("HL4025", 5), ("HL4026", 6)], warnings.Select(warning => (warning.Code, warning.Line)));
    }

    [Fact]
    public void Editors_get_the_options_of_each_source_on_request()
    {
        using SdkProject project = WithSource("clang", $"{Item} Defines='A=1' />");

        project.Build("HyperlightBake", ("HyperlightCompileCommands", "true"));

        string commands = project.Read("compile_commands.json");
        Assert.Contains("\"-DA=1\"", commands, StringComparison.Ordinal);
        Assert.Contains($"\"file\": \"{project.PathOf("guest/add.c")}\"", commands, StringComparison.Ordinal);
    }

    private static string[] Names(IEnumerable<string> made) =>
    [
        .. made.Select(path => Path.GetFileName(path).Split('-')[0])
            .OrderBy(name => name.StartsWith("adder.", StringComparison.Ordinal) ? 0 : 1).ThenBy(name => name, StringComparer.Ordinal),
    ];

    private static SdkProject WithSource(string compiler, string items = Item + " />")
    {
        KitScript.Require(compiler);
        SdkProject project = SdkProject.Empty(
            $"<PropertyGroup><HyperlightCC>{compiler}</HyperlightCC></PropertyGroup><ItemGroup>\n{items}\n</ItemGroup>");
        project.Write("Program.cs", "return 0;");
        project.Write("guest/add.c", Source);
        project.Write("guest/include/numbers.h", "#define ZERO 0\n");
        return project;
    }
}
