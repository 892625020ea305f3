using System.Text;
using Hyperlight.Functions;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests how a function of the host is found by the name that a guest wrote.</summary>
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

    [KvmFact]
    public void Sandboxes_that_share_an_object_have_the_functions_that_it_had_at_their_creation()
    {
        using TestGuest guest = new("hello");
        HostFunctions functions = new HostFunctions().Add("HostAdd", (int a, int b) => a + b);
        using Sandbox first = guest.Start(options => options.HostFunctions = functions);
        functions.Add("Now", () => "noon");
        using Sandbox second = guest.Start(options => options.HostFunctions = functions);

        Assert.Equal((5, 5), (first.Call<int>("Add", 2, 3), second.Call<int>("Add", 2, 3)));
        Assert.Equal("World, it is noon", second.Call<string>("Greet", "World"));
        Assert.Contains(
            "Now was not found",
            Assert.Throws<GuestErrorException>(() => first.Call<string>("Greet", "World")).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => guest.Start(options => options.HostFunctions = null!));
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
