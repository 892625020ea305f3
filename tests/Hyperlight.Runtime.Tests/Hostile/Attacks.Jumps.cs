namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    private const ulong NonCanonical = 0x8000_0000_0000_0000;

    private static IEnumerable<Attack> Jumps =>
    [
        .. Attack.By(
            Victim.Amd64,
            Attack.Poisons<GuestCpuException>("a jump to null", victim => victim.Execute(GuestCode.Jump(true, 0)), "PageFault"),
            Attack.Poisons<GuestCpuException>(
                "a jump to an address that cannot be", victim => victim.Execute(GuestCode.Jump(true, NonCanonical)),
                "GeneralProtectionFault"),
            Attack.Poisons<GuestCpuException>(
                "a jump into its data", victim => victim.Execute(GuestCode.Jump(true, victim.Sandbox.Call<ulong>("DataWordAddress"))),
                "PageFault"),
            Attack.Poisons<GuestCpuException>(
                "a jump into the output buffer", victim => victim.Execute(GuestCode.Jump(true, victim.Output)), "PageFault"),
            Attack.Poisons<GuestFaultException>(
                "a jump to no memory through tables of its own",
                victim => victim.Execute(GuestCode.Jump(true, victim.MapPhysically(NoMemory)))),

            // xor esp, esp; push rax. mov rsp, 1 << 63; push rax.
            Attack.Poisons<GuestCpuException>("a stack at null", victim => victim.Execute(0x31, 0xE4, 0x50)).Or<GuestFaultException>(),
            Attack.Poisons<GuestCpuException>(
                "a stack at an address that cannot be",
                victim => victim.Execute([.. GuestCode.Load(true, NonCanonical), 0x48, 0x89, 0xC4, 0x50])).Or<GuestFaultException>()),
        .. Attack.By(
            Victim.I686,
            Attack.Poisons<GuestCpuException>("a jump to null", victim => victim.Execute(GuestCode.Jump(false, 0)), "InvalidOpcode"),
            Attack.Poisons<GuestFaultException>("a jump to no memory", victim => victim.Execute(GuestCode.Jump(false, NoMemory))),
            Attack.Poisons<GuestFaultException>("a jump to the local APIC", victim => victim.Execute(GuestCode.Jump(false, LocalApic))),

            // mov esp, 0x80000000; push eax
            Attack.Poisons<GuestFaultException>(
                "a stack in no memory", victim => victim.Execute([.. GuestCode.Load(false, NoMemory), 0x89, 0xC4, 0x50]),
                "where it has no memory")),
    ];

    private static IEnumerable<Attack> Loops =>
    [
        Attack.Poisons<TimeoutException>("a loop without end", victim => victim.ExecuteBriefly(GuestCode.Forever), "RIP 0x"),
        Attack.Poisons<TimeoutException>(
            "a loop without end in the guest's C code", victim => victim.Sandbox.Call("Spin", new CallOptions { Timeout = Victim.Brief }),
            "RIP 0x"),
        Attack.Poisons<TimeoutException>("a loop that keeps interrupts out", victim => victim.ExecuteBriefly(0xFA, 0xEB, 0xFE), "RIP 0x"),
        Attack.Poisons<TimeoutException>("a loop that lets interrupts in", victim => victim.ExecuteBriefly(0xFB, 0xEB, 0xFE), "RIP 0x"),

        // After a move to SS no interrupt is taken for one instruction. mov eax, ss; 1: mov ss, eax; jmp 1b
        Attack.Poisons<TimeoutException>(
            "a loop of moves to SS", victim => victim.ExecuteBriefly(0x8C, 0xD0, 0x8E, 0xD0, 0xEB, 0xFC), "RIP 0x"),

        // pause; jmp
        Attack.Poisons<TimeoutException>("a loop of pauses", victim => victim.ExecuteBriefly(GuestCode.Loop(0xF3, 0x90)), "RIP 0x"),

        // Each is many exits of one instruction. 1: mov ecx, 0xFFF; rep outsb; sub esi, 0xFFF; jmp 1b
        Attack.Poisons<TimeoutException>(
            "a loop of instructions that each print a page",
            victim => victim.ExecuteBriefly(
                [.. ManyBytesFromHere, 0xBA, 103, 0, 0, 0,
                    .. GuestCode.Loop(0xB9, 0xFF, 0x0F, 0, 0, 0xF3, 0x6E, 0x81, 0xEE, 0xFF, 0x0F, 0, 0)]),
            "RIP 0x").ByString(),
    ];
}
