using System.Text.RegularExpressions;
using Hyperlight.Testing;
using Hyperlight.Testing.Documents;

namespace Hyperlight.Sdk.Tests.Documents;

/// <summary>All pages of <c>docs/diagnostics</c> have one shape, and an example that a test runs.</summary>
public sealed partial class DiagnosticPageTests
{
    private const int MostLines = 80;

    // Codes that no document can provoke on every machine, and the tests that do.
    private static readonly Dictionary<string, string> Provoked = new()
    {
        ["HL3005"] = "A_region_table_that_is_not_its_layouts_is_HL3005",
        ["HL3007"] = "A_snapshot_of_another_machine_is_HL3007_with_the_reason",
        ["HL3009"] = "A_config_of_the_abi_after_0_16_that_lies_is_refused",
        ["HL3010"] = "A_snapshot_of_another_image_is_left_aside_with_HL3010",
        ["HL3011"] = "A_guest_that_fails_at_its_start_fails_a_build_that_insists_and_warns_one_that_does_not",
        ["HL3012"] = "Content_for_which_the_system_has_no_room_is_HL3012",
        ["HL3013"] = "Unchecked_a_blob_that_is_cut_while_it_is_in_use_is_an_error_of_whoever_needs_it",
        ["HL3019"] = "A_map_of_another_guest_is_left_aside_with_HL3019",
        ["HL4008"] = "An_old_msbuild_is_told_so_before_it_meets_a_task",
        ["HL4020"] = "A_package_reference_is_told_what_to_write_instead",
        ["HL4029"] = "A_project_that_is_no_guest_is_HL4029",
        ["HL4030"] = "A_guest_for_another_framework_is_HL4030",
        ["HL4031"] = "A_guest_that_is_a_ProjectReference_is_HL4031",
        ["HL4032"] = "A_missing_compiler_is_HL4032_with_the_package_to_install",
        ["HL4035"] = "Several_programs_of_a_crate_are_one_error_at_the_item",
        ["HL5001"] = "A_missing_device_is_HL5001",
        ["HL5002"] = "A_device_that_may_not_be_opened_is_HL5002",
        ["HL5003"] = "A_kvm_of_another_version_is_HL5003",
        ["HL5004"] = "A_device_that_cannot_be_opened_otherwise_is_HL5004",
        ["HL5005"] = "A_call_without_a_watchdog_fails_and_the_next_one_has_its_timeout",
        ["HL5006"] = "A_second_machine_in_one_process_is_HL5006",
        ["HL5007"] = "A_folder_that_cannot_be_written_is_HL5007",
        ["HL5008"] = "An_sse_instruction_that_kvm_does_not_interpret_is_HL5008",
        ["HL5009"] = "A_result_of_another_form_is_HL5009",
        ["HL5011"] = "A_place_that_is_taken_is_HL5011",
        ["HL5012"] = "A_hypervisor_that_cannot_step_is_HL5012",
        ["HL5013"] = "A_pool_that_can_never_be_full_is_HL5013",
        ["HL7001"] = "An_object_that_is_cut_off_is_HL7001",
        ["HL7002"] = "An_object_for_another_machine_is_HL7002",
        ["HL7003"] = "A_section_in_memory_of_an_unknown_type_is_HL7003",
        ["HL7004"] = "A_symbol_that_nothing_defines_is_HL7004_with_the_function_and_the_object",
        ["HL7005"] = "A_symbol_that_two_objects_define_is_HL7005_with_both",
        ["HL7006"] = "A_relocation_that_a_guest_cannot_have_is_HL7006",
        ["HL7007"] = "A_function_that_a_resolver_chooses_is_HL7007",
        ["HL7008"] = "A_distance_that_does_not_fit_is_HL7008",
        ["HL7009"] = "A_reference_to_a_part_that_is_left_out_is_HL7009",
        ["HL7010"] = "A_guest_that_is_too_large_is_HL7010",
        ["HL9001"] = "Something_unforeseen_is_HL9001_without_a_stack_trace_in_the_error",
    };

    public static TheoryData<string> Codes => [.. DiagnosticPage.All.Select(page => page.Code)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_page_says_what_happened_shows_it_and_says_how_to_fix_it(string code)
    {
        DiagnosticPage page = DiagnosticPage.Of(code);
        string[] prose = [.. ProseOf(page)];
        string[] headings = [.. prose.Where(line => line.StartsWith('#')).Skip(1)];
        string[] terms = [.. prose.Select(line => Term().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];

        Assert.Equal(DiagnosticPage.Headings.Select(heading => "## " + heading), headings);
        Assert.Matches(Severity(), page.Lines[2]);
        Assert.NotEmpty(terms);
        Assert.All(page.Output, line => Assert.Contains(code, line, StringComparison.Ordinal));
        Assert.True(page.Lines.Count <= MostLines, $"{page} has {page.Lines.Count} lines.");
        // A guest is written in one of these languages, and a linker made its file.
        if (code.StartsWith("HL1", StringComparison.Ordinal))
        {
            Assert.Empty(((string[])["C", "Rust", "Linker"]).Except(terms));
        }
    }

    [Fact]
    public void A_page_without_an_example_that_runs_is_of_a_code_that_a_test_provokes()
    {
        string[] others = [.. DiagnosticPage.All.Where(page => !page.IsBuilt && !page.IsRun && !page.IsCompiled).Select(page => page.Code)];
        // Each test with its attributes: from one empty line before an attribute to the next.
        string[] tests =
        [
            .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests*.cs", SearchOption.AllDirectories)
                .SelectMany(file => File.ReadAllText(file).ReplaceLineEndings("\n").Split("\n\n    [")),
        ];

        Assert.Equal(Provoked.Keys.Order(StringComparer.Ordinal), others);
        Assert.All(Provoked, pair =>
        {
            string test = Assert.Single(tests, test => test.Contains($" void {pair.Value}(", StringComparison.Ordinal));
            Assert.Matches($@"\b({pair.Key}|Rules\.{RuleOf(pair.Key)})\b", test.Replace(pair.Value, "", StringComparison.Ordinal));
            Assert.Contains(DiagnosticPage.Of(pair.Key).Lines, line => line.Contains($"`{pair.Value}`", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void A_page_without_an_example_that_runs_has_the_message_that_code_writes()
    {
        string sources = SourcesOfMessages();

        Assert.All(Provoked.Keys, code =>
        {
            string message = Assert.Single(DiagnosticPage.Of(code).Example, block => block.Language == "text").Text.Trim();
            Assert.Contains(code + ": ", message, StringComparison.Ordinal);
            string[] parts =
            [
                .. Origin().Replace(message, "").Split('…').Select(part => part.Trim(' ', '.', '\'', ':')).Where(part => part.Length > 0)
            ];
            Assert.NotEmpty(parts);
            Assert.All(parts, part => Assert.Contains(part, sources, StringComparison.Ordinal));
        });
    }

    // The texts of the code, in which a string that goes on in the next line is one string.
    private static string SourcesOfMessages() => string.Join(
        '\n',
        from folder in (string[])["runtime", "tasks", "sdk"]
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories)
        where Path.GetExtension(file) is ".cs" or ".targets"
            && !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}")
        select LineBreakInString().Replace(File.ReadAllText(file), "").Replace("{DevicePath}", "/dev/kvm", StringComparison.Ordinal));

    private static string RuleOf(string code) =>
        typeof(Rules).GetFields().Single(field => ((DiagnosticRule)field.GetValue(null)!).Code == code).Name;

    private static IEnumerable<string> ProseOf(DiagnosticPage page)
    {
        bool isCode = false;
        foreach (string line in page.Lines)
        {
            bool isFence = line.StartsWith("```", StringComparison.Ordinal);
            if (!isCode && !isFence)
            {
                yield return line;
            }

            isCode ^= isFence;
        }
    }

    [GeneratedRegex(@"^- \*\*(C|Rust|Linker|Project|Shell|C#|System)\.\*\* ")]
    private static partial Regex Term();

    [GeneratedRegex(@"^.*?HL[0-9]{4}: ")]
    private static partial Regex Origin();

    [GeneratedRegex(@"""\s*\+\s*\$?""")]
    private static partial Regex LineBreakInString();

    [GeneratedRegex(@"^\*(Error|Warning|Information)\.\* ")]
    private static partial Regex Severity();
}
