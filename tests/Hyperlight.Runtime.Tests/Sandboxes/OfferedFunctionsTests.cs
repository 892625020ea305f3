using System.Text;
using Hyperlight.Functions;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests how a function of the host is found by the name that a guest wrote. No test needs a hypervisor.</summary>
public sealed class OfferedFunctionsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(4000)]
    public void A_name_of_any_length_is_found(int length)
    {
        string name = new('ü', length);
        OfferedFunctions functions = new(new HostFunctions().Add("other", () => 1).Add(name, () => 2).Freeze());

        Assert.True(functions.TryFind(Encoding.UTF8.GetBytes(name), out string? found, out HostFunction? function));
        Assert.Equal((name, 2), (found, function.Body([], new()).AsInt()));
        Assert.False(functions.TryFind(Encoding.UTF8.GetBytes(name + "ü"), out _, out _));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_name_no_function()
    {
        OfferedFunctions functions = new(new HostFunctions().Add("\uFFFD", () => 1).Add("a\uFFFD", () => 1).Freeze());

        Assert.True(functions.TryFind("\uFFFD"u8, out _, out _));
        Assert.False(functions.TryFind([0xFF], out _, out _));
        Assert.False(functions.TryFind([(byte)'a', 0xC3], out _, out _));
        Assert.False(functions.TryFind([], out _, out _));
    }

    [Fact]
    public void A_function_of_the_program_hides_one_of_the_sandbox()
    {
        HostFunction own = new([], GuestValueKind.Long, (_, _) => GuestValue.Void);
        OfferedFunctions functions = new(
            new HostFunctions().Add("HostPrint", (string _) => 1).Freeze(), ("HostPrint", own), ("Other", own), ("HyperlightClock", own));

        Assert.Equal(GuestValueKind.Int, functions.SignatureOf("HostPrint")?.ReturnType);
        Assert.Equal(GuestValueKind.Long, functions.SignatureOf("Other")?.ReturnType);
        Assert.Null(functions.SignatureOf("Missing"));
        Assert.Equal(["HostPrint", "Other"], functions.ToRecord().Keys);
    }

    [Fact]
    public void A_function_that_is_added_later_changes_no_sandbox()
    {
        HostFunctions options = new HostFunctions().Add("First", () => 1);
        Dictionary<string, HostFunction> before = options.Freeze();
        Assert.Same(before, options.Freeze());

        options.Add("Second", () => 2).Add("Third", () => 3);

        Assert.Equal(["First"], before.Keys);
        Assert.Equal(["First", "Second", "Third"], options.Freeze().Keys);
    }
}
