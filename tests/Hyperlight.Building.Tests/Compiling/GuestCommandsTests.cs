using Hyperlight.Compiling;

namespace Hyperlight.Building.Tests.Compiling;

/// <summary>Tests the commands for compilers that are not on each computer. Other tests run the compilers.</summary>
public sealed class GuestCommandsTests
{
    private static readonly CompileChoices Optimized = new() { Optimize = true };

    [Theory]
    [InlineData("amd64", false, "x86_64-freestanding", "x86_64-x87-mmx-sse-sse2")]
    [InlineData("amd64", true, "x86_64-freestanding", "x86_64")]
    [InlineData("i686", false, "x86-freestanding", "i686-x87-mmx")]
    [InlineData("i686-paged", true, "x86-freestanding", "i686")]
    public void Zig_gets_its_own_names_of_processors_behind_the_options_of_the_kit(
        string architecture, bool usesFloat, string triple, string processor)
    {
        GuestPlan guest = PlanOf(architecture, usesFloat);

        IReadOnlyList<string> arguments = Commands("cc").Compile(guest, guest.Sources[0], "add.o", "").Arguments;

        Assert.Equal(["cc", "-target", triple], arguments.Take(3));
        string[] processors = [.. arguments.Where(argument => argument.StartsWith("-march=", StringComparison.Ordinal))];
        Assert.Equal(["-march=" + processor], processors);
        Assert.True(IndexOf(arguments, "-march=" + processor) > IndexOf(arguments, Path.Combine("kit", guest.Target.Cpu + ".rsp")));
        Assert.DoesNotContain("-mgeneral-regs-only", arguments);
    }

    [Theory]
    [InlineData("cc", "amd64", "ld.lld -m elf_x86_64 -pie --no-dynamic-linker -T")]
    [InlineData("cc", "i686", "ld.lld -m elf_i386 -T")]
    [InlineData("zig cc -Wno-all", "i686", "zig ld.lld -m elf_i386 -T")]
    public void The_linker_of_Zig_is_run_without_its_compiler(string first, string architecture, string expected)
    {
        IReadOnlyList<string> arguments =
            Commands(first.Split(' ')).Link(PlanOf(architecture, usesFloat: false), ["add.o"], "add.elf", strips: true, null).Arguments;

        Assert.StartsWith(expected, string.Join(' ', arguments), StringComparison.Ordinal);
        Assert.Contains("--strip-debug", arguments);
        Assert.DoesNotContain(arguments, argument => argument.StartsWith("-Wl", StringComparison.Ordinal) || argument.StartsWith('@'));
    }

    private static GuestCommands Commands(params string[] first) =>
        new(new("zig", first, CompilerFamily.Zig), "kit", Optimized);

    private static GuestPlan PlanOf(string architecture, bool usesFloat) => new()
    {
        Output = "add.elf",
        Target = GuestTarget.Find(architecture)!,
        Sources = [new("add.c", [])],
        UsesFloat = usesFloat,
    };

    private static int IndexOf(IReadOnlyList<string> arguments, string end) =>
        arguments.ToList().FindIndex(argument => argument.EndsWith(end, StringComparison.Ordinal));
}
