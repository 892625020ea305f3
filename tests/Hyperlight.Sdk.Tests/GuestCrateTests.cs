using Microsoft.Build.Execution;

namespace Hyperlight.Sdk.Tests;

/// <summary>Tests guests in Rust of <c>HyperlightGuestCrate</c> items, with a program that stands in for cargo.</summary>
public sealed class GuestCrateTests
{
    private const string Item = "<HyperlightGuestCrate Include='guest/Cargo.toml' Guest='adder'";

    private const string Warning =
        "{\"reason\":\"compiler-message\",\"manifest_path\":\"@MANIFEST@\",\"message\":{\"level\":\"warning\","
        + "\"message\":\"unused variable: `x`\","
        + "\"code\":{\"code\":\"unused_variables\"},\"children\":[],\"spans\":[{\"file_name\":\"src/main.rs\",\"is_primary\":true,"
        + "\"line_start\":3,\"column_start\":9,\"label\":null}]}}\n";

    [Fact]
    public void A_crate_is_built_with_its_settings_in_its_folder_and_baked()
    {
        using SdkProject project = WithCrate($"{Item} Features='fast; small' Options='--bin guest' HeapSize='1M' />");
        string path = CargoStandIn.Install(project);

        BuildOutcome outcome = project.Build("HyperlightBake", ("PATH", path));

        Assert.Empty(outcome.Errors);
        Assert.Equal(["adder"], outcome.Baked);
        string folder = project.PathOf("obj/Debug/net10.0/guests/adder");
        Assert.Equal(
            [
                $"{project.PathOf("guest")} hyperlight build --message-format=json --manifest-path {project.PathOf("guest/Cargo.toml")} "
                + $"--target-dir {folder} --target x86_64-hyperlight-none --profile dev --features fast,small --bin guest",
            ],
            CargoStandIn.Runs(project));
        Assert.Equal(GuestFiles.Amd64(), File.ReadAllBytes(folder + ".elf"));
        Assert.Equal(GuestFiles.Amd64(), File.ReadAllBytes(folder + ".debug"));
        project.Build("HyperlightBake", ("PATH", path), ("Optimize", "true"));
        Assert.Contains("--profile release", CargoStandIn.Runs(project)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Cargo_runs_again_only_if_a_file_of_the_guest_has_changed()
    {
        using SdkProject project = WithCrate();
        string path = CargoStandIn.Install(project);
        project.Build("HyperlightBake", ("PATH", path));

        AssertRuns(1);
        project.Write("guest/src/main.rs", "// changed");
        AssertRuns(2);
        project.Write("guest/Cargo.toml", "[package]");
        AssertRuns(3);
        project.Write("guest/Cargo.lock", "version = 4");
        AssertRuns(4);
        project.Write("rust-toolchain.toml", "[toolchain]");
        AssertRuns(5);
        project.Delete("obj/Debug/net10.0/guests/adder.elf");
        AssertRuns(5);
        Assert.True(project.Has("obj/Debug/net10.0/guests/adder.elf"));

        void AssertRuns(int expected)
        {
            Assert.Empty(project.Build("HyperlightBake", ("PATH", path)).Errors);
            Assert.Empty(project.Build("HyperlightBake", ("PATH", path)).Made);
            Assert.Equal(expected, CargoStandIn.Runs(project).Length);
        }
    }

    [Theory]
    [InlineData("RUSTFLAGS")]
    [InlineData("CARGO_ENCODED_RUSTFLAGS")]
    [InlineData("RUSTUP_TOOLCHAIN")]
    [InlineData("CFLAGS")]
    [InlineData("HYPERLIGHT_CFLAGS")]
    public void Cargo_runs_again_if_a_variable_on_which_the_guest_depends_has_changed(string variable)
    {
        using SdkProject project = WithCrate();
        string path = CargoStandIn.Install(project);
        project.Build("HyperlightBake", ("PATH", path));

        project.Build("HyperlightBake", ("PATH", path), (variable, "-g"));

        Assert.Equal(2, CargoStandIn.Runs(project).Length);
    }

    [Fact]
    public void A_warning_of_the_compiler_is_a_warning_in_each_build_and_an_error_where_the_project_wants_it()
    {
        using SdkProject project = WithCrate();
        string path = CargoStandIn.Install(project, Warning);

        for (int build = 0; build < 2; build++)
        {
            BuildOutcome outcome = project.Build("HyperlightBake", ("PATH", path));
            Diagnostic warning = Assert.Single(outcome.Warnings);
            Assert.Equal(
                ("HL4039", project.PathOf("guest/src/main.rs"), 3, "unused variable: `x` [unused_variables]"),
                (warning.Code, warning.File, warning.Line, warning.Message));
            Assert.Empty(outcome.Errors);
        }

        Assert.Equal(
            "HL4039",
            Assert.Single(project.Build("HyperlightBake", ("PATH", path), ("TreatWarningsAsErrors", "true")).Errors).Code);
        Assert.Single(CargoStandIn.Runs(project));
    }

    [Fact]
    public void A_crate_that_fails_leaves_no_guest_and_says_why_in_the_words_of_cargo()
    {
        using SdkProject project = WithCrate();
        project.Build("HyperlightBake", ("PATH", CargoStandIn.Install(project)));
        project.Write("guest/src/main.rs", "// changed");

        string path = CargoStandIn.Install(project, Warning.Replace("warning", "error", StringComparison.Ordinal), exitCode: 101);
        Diagnostic error = Assert.Single(project.Build("HyperlightBake", ("PATH", path)).Errors);

        Assert.Equal((project.PathOf("guest/src/main.rs"), 3), (error.File, error.Line));
        Assert.False(project.Has("obj/Debug/net10.0/guests/adder.elf"));
        Diagnostic silent = Assert.Single(
            project.Build("HyperlightBake", ("PATH", CargoStandIn.Install(project, exitCode: 101))).Errors);
        Assert.Equal((project.PathOf("guest/Cargo.toml"), "cargo failed with exit code 101"), (silent.File, silent.Message));
    }

    [Theory]
    [InlineData(
        "cd \"/src\" && env -i SECRET=\"s3cret\" PATH=\"/usr/bin\" \"cargo\" \"metadata\"\nerror: failed to parse manifest\n\nCaused by:\n"
            + "  TOML parse error\n",
        "error: failed to parse manifest Caused by: TOML parse error")]
    [InlineData(
        "error: profile `nope` is not defined\nFailed to execute cargo\n\nCaused by:\n  CFLAGS_x=\"s3cret\" \"cargo\" failed\n"
            + "Stack backtrace:\n   0: std::backtrace\n",
        "error: profile `nope` is not defined")]
    [InlineData(
        "   Compiling x v0.1.0\nerror: failed to run custom build command for `x`\n\nCaused by:\n  exit status: 101\n  --- stdout\n"
            + "  cargo:rerun-if-env-changed=CC\n  --- stderr\n  thread 'main' panicked: no library\n",
        "error: failed to run custom build command for `x` Caused by: exit status: 101 --- stderr thread 'main' panicked: no library")]
    [InlineData("env -i \\\nSECRET=\"s3cret\" \"rustc\" \"--print\"\n", "cargo failed with exit code 1")]
    public void The_reason_of_a_failure_has_no_command_with_its_environment(string printed, string expected)
    {
        using SdkProject project = WithCrate();

        BuildOutcome outcome =
            project.Build("HyperlightBake", ("PATH", CargoStandIn.Install(project, exitCode: 1, errors: printed)));

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal((project.PathOf("guest/Cargo.toml"), expected), (error.File, error.Message));
        Assert.Contains(outcome.LowMessages, message => message.Contains("hyperlight build", StringComparison.Ordinal));
        Assert.DoesNotContain(outcome.LowMessages, message => message.Contains("s3cret", StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_with_a_space_in_its_path_is_refused_unless_cargo_has_another_folder()
    {
        using SdkProject project = WithCrate();
        (string, string) folder = ("IntermediateOutputPath", "my obj/");
        string path = CargoStandIn.Install(project);

        Diagnostic error = Assert.Single(project.Build("HyperlightBake", ("PATH", path), folder).Errors);

        Assert.Equal(("HL4034", project.File, 4), (error.Code, error.File, error.Line));
        Assert.Contains("/my obj/guests/adder', and cargo hyperlight can have no space", error.Message, StringComparison.Ordinal);
        Assert.Empty(CargoStandIn.Runs(project));
        project.SetBody($"<ItemGroup>{Item} Options='--target-dir {project.PathOf("other")}' /></ItemGroup>");
        Assert.Equal(["adder"], project.Build("HyperlightBake", ("PATH", path), folder).Baked);
    }

    [Fact]
    public void Several_programs_of_a_crate_are_one_error_at_the_item()
    {
        using SdkProject project = WithCrate();
        string path = CargoStandIn.Install(project, "{\"reason\":\"compiler-artifact\",\"executable\":\"/other\"}\n");

        Diagnostic error = Assert.Single(project.Build("HyperlightBake", ("PATH", path)).Errors);

        Assert.Equal(("HL4035", project.File, 4), (error.Code, error.File, error.Line));
        Assert.Contains("cargo has built 2 programs of", error.Message, StringComparison.Ordinal);
        Assert.False(project.Has("obj/Debug/net10.0/guests/adder.elf"));
    }

    [Fact]
    public void Without_cargo_the_build_says_what_to_install_or_uses_the_prebuilt_guest()
    {
        using SdkProject project = WithCrate();

        Diagnostic error = Assert.Single(project.Build("HyperlightBake", ("PATH", "")).Errors);

        Assert.Equal(("HL4032", project.File, 4), (error.Code, error.File, error.Line));
        Assert.Contains("cargo install cargo-hyperlight", error.Message, StringComparison.Ordinal);
        Assert.Empty(project.Build("HyperlightBake", ("PATH", CargoStandIn.Install(project))).Errors);
        project.Write("guests/adder.elf", GuestFiles.Amd64());
        project.SetBody($"<ItemGroup>{Item} Prebuilt='guests/adder.elf' /></ItemGroup>");
        BuildOutcome outcome = project.Build("HyperlightBake", ("PATH", ""));
        Assert.Equal(["adder"], outcome.Baked);
        Assert.Contains(
            outcome.HighMessages, message => message.Contains("Used instead: guests/adder.elf.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HL4033", "HyperlightGuestCrate 'gest/Cargo.toml' does not exist", "<HyperlightGuestCrate Include='gest/Cargo.toml' />")]
    [InlineData("HL4033", "HyperlightGuestCrate 'guest' is a folder", "<HyperlightGuestCrate Include='guest' />")]
    [InlineData("HL4003", "builds guests for amd64 alone", "<HyperlightGuestCrate Include='guest/Cargo.toml' Architecture='i686' />")]
    [InlineData("HL4034", "another item has the guest 'App' already",
        "<HyperlightGuestCrate Include='guest/Cargo.toml' />\n<HyperlightGuestCrate Include='guest/Cargo.toml' Features='a' />")]
    [InlineData("HL4034", "another item has the guest 'App' already",
        "<HyperlightGuestSource Include='guest/add.c' />\n<HyperlightGuestCrate Include='guest/Cargo.toml' />")]
    public void A_mistake_in_an_item_is_one_error_at_its_line(string code, string text, string items)
    {
        using SdkProject project = WithCrate(items);
        project.Write("guest/add.c", "");

        Diagnostic error = Assert.Single(project.Build("HyperlightBake", ("PATH", "")).Errors);

        Assert.Equal((code, project.File), (error.Code, error.File));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_checked_and_guests_exist_at_evaluation()
    {
        using SdkProject project = WithCrate($"{Item} Feature='fast' />");

        Diagnostic warning = Assert.Single(project.Build("_HyperlightCheckNames").Warnings);

        Assert.Equal(("HL4025", 4), (warning.Code, warning.Line));
        Assert.Contains(
            "of HyperlightGuestCrate 'guest/Cargo.toml' is not known; the nearest is Features", warning.Message, StringComparison.Ordinal);
        ProjectInstance seen = project.Evaluate(("HyperlightArchitecture", "i686"));
        Assert.Equal(
            ("obj/Debug/net10.0/guests/adder.elf", "adder", "amd64"),
            seen.GetItems("HyperlightGuest").Select(guest =>
                (guest.EvaluatedInclude, guest.GetMetadataValue("Name"), guest.GetMetadataValue("Architecture"))).Single());
        Assert.Equal(
            ["guest/Cargo.toml", "guest/src/main.rs"], seen.GetItems("Watch").Select(item => item.EvaluatedInclude).Order());
    }

    private static SdkProject WithCrate(string items = Item + " />")
    {
        SdkProject project = SdkProject.Empty($"<ItemGroup>\n{items}\n</ItemGroup>");
        project.Write("Program.cs", "return 0;");
        project.Write("guest/Cargo.toml", "");
        project.Write("guest/src/main.rs", "");
        project.Write("guest/target/debug/build/out.rs", "");
        return project;
    }
}
