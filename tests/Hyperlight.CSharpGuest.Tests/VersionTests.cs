using Hyperlight.CSharpGuest.Tests.OtherVersions;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>Calls the guest through another version of its interface: each difference is one clear error of the call.</summary>
public sealed class VersionTests(BasicsFixture basics) : IClassFixture<BasicsFixture>
{
    private const string Advice = "build host and guest from the same interface.";

    [KvmFact(Needs.Sse)]
    public void A_method_that_the_guest_lacks_or_has_with_other_types_is_an_error_that_names_the_difference()
    {
        IValues values = IValues.For(basics.Restored());

        AssertError(GuestErrorCode.FunctionNotFound, "Gone", values.Gone);
        AssertError(
            GuestErrorCode.ArgumentTypeMismatch, "parameter 1 is int; the host passed long.", () => values.Add(1, 2));
        AssertError(GuestErrorCode.IncorrectArgumentCount, "the function has 2 parameters; the host passed 1.", () => values.AddLong(1));
        AssertError(GuestErrorCode.GuestError, "IValues.Echo has the signature", () => values.Echo(new("Tea", 1, null, "")));
        AssertError(GuestErrorCode.GuestError, Advice, () => values.Echo(new("Tea", 1, null, "")));
        AssertError(GuestErrorCode.ArgumentTypeMismatch, "parameter 1 is byte[]; the host passed int.", () => values.EchoOrNull(1));
        Assert.Contains(
            "returned String", Assert.Throws<GuestReturnTypeException>(() => values.Greet("x")).Message, StringComparison.Ordinal);
        Assert.Equal("HL5009", Assert.Throws<GuestProtocolException>(() => values.Reverse([])).Finding?.Rule.Code);
        Assert.Equal(3, basics.Restored().Call<int>("Add", 1, 2));
    }

    [KvmFact(Needs.Sse)]
    public void A_host_function_of_another_version_is_an_exception_of_the_guest_that_names_the_difference()
    {
        using Sandbox sandbox = basics.Image.CreateSandbox(options => options.HostFunctions.Add(new OtherMarket()));
        Basics.IValues values = Basics.IValues.For(sandbox);

        Assert.Matches($@"^HostException: IMarket\.AlternativeAsync has the signature .*{Advice}$", values.Caught("alternative"));
        Assert.Equal(
            $"HostException: Host function IMarket.Name returned int, and the guest expects string: {Advice}", values.Caught("name"));
        Assert.Equal("HostException: HostFunction IMarket.Count was not found", values.Caught("count"));
    }

    private static void AssertError(GuestErrorCode code, string text, Action call)
    {
        GuestErrorException error = Assert.Throws<GuestErrorException>(call);
        Assert.Equal(code, error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }
}
