using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    private static string[] OtherTypes => ["uint", "long", "ulong", "float", "double", "string", "bool-true", "void", "bytes"];

    // Answers of the wrong type and wrong calls of host functions: the guest gets an error, and nothing else happens.
    private static IEnumerable<Attack> Answers =>
    [
        Attack.Fails<GuestReturnTypeException>(
            "a number where text is due", victim => victim.Sandbox.Call<string>("DataWord"), "returned Int"),
        .. OtherTypes.Select(type => Attack.Fails<GuestReturnTypeException>(
            $"a result of type {type} where an int is due",
            victim => victim.Sandbox.Call<int>(
                "Poke", victim.Output, ScriptedGuest.Framed(RecordedMessages.Get("result-" + type)), Halt, 0))),
        Attack.Fails<GuestErrorException>(
            "an error with a text that forges a line of a log", victim => victim.Sandbox.Call("ReturnError", 3, Victim.Forgery), "gone"),
        Attack.Fails<GuestErrorException>("a function that is not there", victim => victim.Sandbox.Call("NoSuchFunction")),
        Attack.Fails<GuestErrorException>(
            "an error where a result is due", victim => victim.Send(RecordedMessages.Get("result-error"), Halt)),
        Attack.Poisons<GuestAbortedException>(
            "an abort with a text that forges a line of a log", victim => victim.Sandbox.Call("Abort", 77, Victim.Forgery), "gone"),
        Attack.Poisons<GuestAbortedException>(
            "an abort without a text", victim => victim.Execute(GuestCode.Out(102, 0x00FF_0702)), "code 7"),
        Attack.Poisons<GuestAbortedException>(
            "an abort without anything", victim => victim.Execute(GuestCode.Out(102, 0x00FF_FF01)), "code 0"),
        Attack.Poisons<GuestAbortedException>(
            "an abort that claims 255 bytes of three",
            victim => victim.Execute([.. GuestCode.Out(102, 0x4142_07FF), .. GuestCode.Out(102, 0xFF01)]), "BA"),

        Attack.Harmless("a host function that is not there", victim => victim.Send(HostCallOf("Nonsense", 1), HostCall)),
        Attack.Harmless("a host function without a name", victim => victim.Send(HostCallOf("", 1), HostCall)),
        Attack.Harmless("a host function with a name of 8 KiB", victim => victim.Send(HostCallOf(new string('n', 8192)), HostCall)),
        Attack.Harmless("a host function with too few arguments", victim => victim.Send(HostCallOf("Add", 1), HostCall)),
        Attack.Harmless(
            "a host function with a hundred arguments",
            victim => victim.Send(HostCallOf("Add", [.. Enumerable.Repeat((GuestValue)1, 100)]), HostCall)),
        Attack.Harmless("a host function with text for a number", victim => victim.Send(HostCallOf("Add", "1", "2"), HostCall)),
        Attack.Harmless(
            "a host function with larger numbers than it takes", victim => victim.Send(HostCallOf("Add", 1L, ulong.MaxValue), HostCall)),
        Attack.Harmless("a host function that overflows", victim => victim.Send(HostCallOf("Add", int.MaxValue, int.MaxValue), HostCall)),
        Attack.Harmless("a host function that throws", victim => victim.Send(HostCallOf("Throw"), HostCall)),
        Attack.Poisons<MessageTooLargeException>(
            "a host function whose result has no room", victim => victim.Send(HostCallOf("Big"), HostCall), "result of a host function"),
        Attack.Poisons<MessageTooLargeException>(
            "a host function whose result has no room because the guest keeps what it got",
            victim =>
            {
                victim.Poke(victim.Output, ScriptedGuest.Framed(AddCall));
                victim.Execute([.. GuestCode.Store(victim.Is64Bit, victim.Input, 0x4000 - 16), .. GuestCode.Out(HostCall)]);
            },
            "result of a host function"),
        Attack.Fails<MessageTooLargeException>(
            "a call that has no room because the guest keeps what it got",
            victim =>
            {
                victim.Poke(victim.Input, 0x4000 - 16);
                victim.Call();
            },
            "has room for"),
    ];
}
