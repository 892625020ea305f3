using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests the largest size of messages. The tests of other limits are beside the code that has the limit.</summary>
[Wine]
public class LimitTests
{
    [KvmFact]
    public void The_input_buffer_that_was_asked_for_is_what_a_call_may_take()
    {
        using TestGuest guest = new("misbehave", request => request with { Sizes = new GuestSizes { InputBufferSize = 0x8000 } });
        using Sandbox sandbox = guest.Start();

        GuestErrorException fits = Assert.Throws<GuestErrorException>(() => sandbox.Call("ReturnError", 1, new string('x', 0x3000)));
        MessageTooLargeException exception = Assert.Throws<MessageTooLargeException>(
            () => sandbox.Call("ReturnError", 1, new string('x', 0x8000)));

        Assert.Equal(0x3000, fits.GuestMessage.Length);
        Assert.Equal(0x8000 - 16, exception.Available);
        Assert.Contains("bake the guest with a larger InputBufferSize", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmFact]
    public void A_result_of_a_host_function_that_does_not_fit_poisons()
    {
        using ScriptedGuest guest = new();

        // The guest sends the host's call back to the host.
        using Sandbox sandbox = guest
            .Halt()
            .Copy(ScriptedGuest.InputBuffer, 256, ScriptedGuest.OutputBuffer, 101)
            .Start(options => options.HostFunctions.Add("Read", () => new byte[0x4000]));

        MessageTooLargeException exception = Assert.Throws<MessageTooLargeException>(() => sandbox.Call<byte[]>("Read"));

        Assert.InRange(exception.Required, 0x4000, 0x4100);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }
}
