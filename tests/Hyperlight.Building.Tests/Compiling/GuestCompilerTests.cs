using Hyperlight.Compiling;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Compiling;

/// <summary>Finds the C compiler.</summary>
public sealed class GuestCompilerTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Theory]
    [InlineData("clang ld.lld gcc zig", "clang", "Clang", "")]
    [InlineData("clang gcc zig", "gcc", "Gcc", "")]
    [InlineData("zig", "zig", "Zig", "cc")]
    public void The_first_compiler_that_is_complete_is_used(string installed, string expected, string family, string arguments)
    {
        Install(installed);

        GuestCompiler? compiler = GuestCompiler.Find("", "", _folder.Path, out Finding? finding);

        Assert.Null(finding);
        Assert.Equal((PathOf(expected), family), (compiler!.Program, compiler.Family.ToString()));
        Assert.Equal(arguments, string.Join(' ', compiler.Arguments));
    }

    [Theory]
    [InlineData("clang-19", "clang-19", "Clang", "")]
    [InlineData("ccache gcc-15", "ccache", "Gcc", "gcc-15")]
    [InlineData("zig cc", "zig", "Zig", "cc")]
    [InlineData("zig", "zig", "Zig", "cc")]
    public void A_compiler_may_be_named_with_its_first_arguments(string configured, string program, string family, string arguments)
    {
        Install("clang ld.lld clang-19 ccache zig");

        GuestCompiler? compiler = GuestCompiler.Find(configured, "", _folder.Path, out _);

        Assert.Equal((PathOf(program), family), (compiler!.Program, compiler.Family.ToString()));
        Assert.Equal(arguments, string.Join(' ', compiler.Arguments));
    }

    [Fact]
    [Trait("Wine", "yes")]
    public void Gcc_is_chosen_on_Linux_only_because_it_makes_no_ELF_files_elsewhere()
    {
        Install("gcc");

        GuestCompiler? compiler = GuestCompiler.Find("", "", _folder.Path, out Finding? finding);

        Assert.Equal(OperatingSystem.IsLinux(), compiler is not null);
        Assert.Equal(!OperatingSystem.IsLinux(), finding?.Message.Contains("winget install LLVM.LLVM", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void A_compiler_may_be_a_path_with_spaces()
    {
        Install("my\u00a0compiler");
        File.WriteAllText(PathOf("my clang"), "");

        Assert.Equal(PathOf("my clang"), GuestCompiler.Find(PathOf("my clang"), "", "", out _)!.Program);
    }

    [Theory]
    [InlineData("", "", "There is no C compiler for guests: install clang and lld (on Debian and Ubuntu: apt install clang lld)")]
    [InlineData("clang", "", "has no linker: install clang and lld")]
    [InlineData("clang ld.lld", "icc", "HyperlightCC is 'icc', and there is no such program: correct it, or install clang and lld")]
    public void A_missing_compiler_is_HL4032_with_the_package_to_install(string installed, string configured, string expected)
    {
        Install(installed);

        Assert.Null(GuestCompiler.Find(configured, "", _folder.Path, out Finding? finding));

        Assert.Equal(Rules.GuestToolMissing, finding!.Rule);
        Assert.Contains(expected, finding.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Install(string names)
    {
        foreach (string name in names.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            File.WriteAllText(PathOf(name), "");
        }
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);
}
