using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests guests that do all their work in the initialisation (i686 sheet, sections 1.2 R7 and 3.3).</summary>
[Wine]
public class RunOnceTests
{
    // mov eax, packet; mov dx, 102; out dx, eax
    private static readonly byte[] AbortWith7 = [0xB8, 2, 7, 0xFF, 0, 0x66, 0xBA, 102, 0, 0xEF];
    private static readonly byte[] SayNo = [0xB8, 3, 7, (byte)'n', (byte)'o', 0x66, 0xBA, 102, 0, 0xEF, 0xB8, 1, 0xFF, 0, 0, 0xEF];

    [KvmFact]
    public void A_halt_is_0_whatever_the_stack_is_like()
    {
        using TestGuest flat = BareGuest.Flat(0xF4);
        using TestGuest identity = BareGuest.Identity(0xF4);

        Assert.All([flat, identity], guest => Assert.Equal(new GuestExit(0, ""), guest.Run()));
    }

    [KvmFact]
    public void An_abort_is_its_code_and_message()
    {
        using TestGuest guest = BareGuest.Flat(AbortWith7);
        using TestGuest speaker = BareGuest.Flat(SayNo);

        Assert.Equal(new GuestExit(7, ""), guest.Run());
        Assert.Equal(new GuestExit(7, "no"), speaker.Run());
        Assert.Equal(7, Assert.Throws<GuestAbortedException>(() => guest.Start()).Code);
    }

    [KvmFact]
    public void A_guest_that_is_initialised_to_be_called_ends_with_0() => Assert.All(["hello", "hello32", "hello32-identity"], name =>
    {
        using TestGuest guest = new(name);
        Assert.Equal(0, guest.Run().Code);
        using Sandbox sandbox = guest.Start();
        Assert.Equal(42, sandbox.Call<int>("EchoInt", 42));
    });

    [KvmFact]
    public void Crashes_and_broken_rules_are_no_exit_codes()
    {
        using TestGuest fault = BareGuest.Flat(0x0F, 0x0B); // ud2
        using TestGuest port = BareGuest.Flat(0xE6, 77); // out 77, al
        using TestGuest spin = BareGuest.Flat(0xEB, 0xFE); // jmp .

        // An abort with code 15 and vector 6, which reports an exception.
        using TestGuest exception = BareGuest.Flat(0xB8, 3, 15, 6, 0xFF, 0x66, 0xBA, 102, 0, 0xEF);

        Assert.Throws<GuestFaultException>(() => fault.Run());
        Assert.Throws<GuestProtocolException>(() => port.Run());
        Assert.Throws<TimeoutException>(() => spin.Run(options => options.StartTimeout = TimeSpan.FromMilliseconds(50)));
        Assert.Equal(6, Assert.Throws<GuestCpuException>(() => exception.Run()).Vector);
    }

    [KvmFact]
    public void A_cancelled_token_stops_it()
    {
        using TestGuest spin = BareGuest.Flat(0xEB, 0xFE);
        using CancellationTokenSource source = new();
        using Timer timer = new(_ => source.Cancel(), null, 50, Timeout.Infinite);

        Assert.ThrowsAny<OperationCanceledException>(() => spin.Image.Run(cancellationToken: source.Token));
    }
}
