namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    // mov edx, 0x10E1 (4321)
    private static byte[] UnknownPort => [0xBA, 0xE1, 0x10, 0, 0];

    // call 1f; 1: pop rsi; mov ecx, 0x8000
    private static byte[] ManyBytesFromHere => [0xE8, 0, 0, 0, 0, 0x5E, 0xB9, 0, 0x80, 0, 0];

    private const ulong LastAddress = uint.MaxValue;

    private static IEnumerable<Attack> Ports =>
    [
        Attack.Poisons<GuestProtocolException>("unknown port, 8 bits", victim => victim.Execute([.. UnknownPort, 0xEE]), "port 4321"),
        Attack.Poisons<GuestProtocolException>(
            "unknown port, 16 bits", victim => victim.Execute([.. UnknownPort, 0x66, 0xEF]), "port 4321"),
        Attack.Poisons<GuestProtocolException>("unknown port, 32 bits", victim => victim.Execute([.. UnknownPort, 0xEF]), "port 4321"),
        Attack.Poisons<GuestProtocolException>(
            "unknown port, a string of bytes", victim => victim.Execute([.. ManyBytesFromHere, .. UnknownPort, 0xF3, 0x6E]), "port 4321")
            .ByString(),
        .. Famous.Select(port => Attack.Poisons<GuestProtocolException>(
            $"port 0x{port:X} of a PC", victim => victim.Execute(GuestCode.Out(port, 0xFE)), $"port {port}")),
        Attack.Poisons<GuestFaultException>("a port is read, 8 bits", victim => victim.Execute([.. UnknownPort, 0xEC]), "read port 4321"),
        Attack.Poisons<GuestFaultException>(
            "a port is read, 16 bits", victim => victim.Execute([.. UnknownPort, 0x66, 0xED]), "read port 4321"),
        Attack.Poisons<GuestFaultException>("a port is read, 32 bits", victim => victim.Execute([.. UnknownPort, 0xED]), "read port 4321"),

        // lea rdi, [rsi+0x100]; rep insb
        Attack.Poisons<GuestFaultException>(
            "a port is read, a string of bytes",
            victim => victim.Execute([.. ManyBytesFromHere, .. UnknownPort, .. victim.Is64Bit ? [0x48] : Array.Empty<byte>(), 0x8D, 0xBE, 0,
                1, 0, 0, 0xF3, 0x6C]),
            "read port 4321").ByString(),
        Attack.Poisons<GuestProtocolException>("a host call without a message", victim => victim.Execute(GuestCode.Out(101)), "empty"),
        Attack.Poisons<GuestProtocolException>("a log record without a message", victim => victim.Execute(GuestCode.Out(99)), "empty"),
        Attack.Fails<GuestProtocolException>("a halt without a result", victim => victim.Execute(GuestCode.Out(108)), "empty"),
        Attack.Fails<GuestProtocolException>("a halt of 8 bits without a result", victim => victim.Execute(0xE6, 108), "empty"),
        Attack.Fails<GuestProtocolException>("HLT without a result", victim => victim.Execute(0xF4), "empty"),
        Attack.Fails<GuestProtocolException>("STI and HLT without a result", victim => victim.Execute(0xFB, 0xF4), "empty"),

        // mov edx, 108; pushf; or dword [rsp], 0x100; popf; out dx, al
        Attack.Fails<GuestProtocolException>(
            "a single step over a halt",
            victim => victim.Execute(0xBA, 108, 0, 0, 0, 0x9C, 0x81, 0x0C, 0x24, 0, 1, 0, 0, 0x9D, 0xEE),
            "empty"),
        Attack.Poisons<GuestCpuException>(
            "an OUT of 16 bytes",
            victim => victim.Execute([.. UnknownPort, .. Enumerable.Repeat<byte>(0x2E, 15), 0xEE]),
            "GeneralProtectionFault"),
        Attack.Poisons<GuestCpuException>(
            "an OUT that ends at the last address",
            victim =>
            {
                victim.Poke(LastAddress - 5, [0xBA, 103, 0, 0, 0, 0xEE]);
                victim.Execute(GuestCode.Jump(false, LastAddress - 5));
            })
            .Or<GuestFaultException>() with { Guests = [Victim.I686, Victim.Flat] },

        // The call ends while the processor is in the middle of an instruction.
        Attack.Fails<GuestProtocolException>(
            "a halt that is a string of bytes", victim => victim.Execute([.. ManyBytesFromHere, 0xBA, 108, 0, 0, 0, 0xF3, 0x6E]), "empty")
            .ByString(),
    ];

    // Ports of a PC: keyboard controller (reset), fast A20 and reset, system management interrupt, PCI configuration, reset control, debug
    // exit of an emulator.
    private static uint[] Famous => [0x64, 0x92, 0xB2, 0xCF9, 0xCF8, 0xF4];
}
