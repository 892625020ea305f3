using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Testing;
using Hyperlight.Validation;

namespace Hyperlight.Building.Tests;

/// <summary>The result of reading and validating a file: the ELF file and all findings.</summary>
internal sealed record GuestReport(ElfFile? Elf, List<Finding> Findings)
{
    /// <summary>The codes of errors and warnings, without information that every guest of a layout gets.</summary>
    public string[] Codes =>
        [.. Findings.Where(finding => finding.Rule.Severity > FindingSeverity.Information).Select(finding => finding.Rule.Code)];

    public string Text => string.Join('\n', Findings);

    /// <summary>Reads a file without validating it.</summary>
    public static GuestReport OfReading(byte[] file)
    {
        List<Finding> findings = [];
        return new(ElfFile.TryRead(file, findings), findings);
    }

    /// <summary>Reads a built file without validating it.</summary>
    public static GuestReport OfReading(TestElf elf) => OfReading(elf.Build());

    /// <summary>Reads a file, which must succeed, and validates it.</summary>
    public static GuestReport OfValidating(TestElf elf, GuestLayout layout)
    {
        GuestReport report = OfReading(elf);
        Assert.NotNull(report.Elf);
        Assert.Empty(report.Findings);
        GuestValidator.Validate(report.Elf, layout, report.Findings);
        return report;
    }

    /// <summary>Validates a file for the 64-bit layout.</summary>
    public static GuestReport OfAmd64(TestElf elf) => OfValidating(elf, GuestLayouts.Amd64V16);

    /// <summary>Validates a file for the 32-bit layout.</summary>
    public static GuestReport OfI686(TestElf elf) => OfValidating(elf, GuestLayouts.I686V13);
}
