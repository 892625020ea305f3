namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    // An address without memory in every layout.
    private const ulong NoMemory = 0x8000_0000;
    private const ulong LocalApic = 0xFEE0_0000;
    private const ulong IoApic = 0xFEC0_0000;

    // The interrupt command register, through which a processor can send INIT and SMI to itself.
    private const ulong InterruptCommand = LocalApic + 0x300;

    private static IEnumerable<Attack> Memory =>
    [
        .. Attack.By(
            Victim.Amd64,
            Attack.Poisons<GuestCpuException>("a write to constants", victim => victim.Sandbox.Call("WriteReadOnly"), "PageFault"),
            Attack.Poisons<GuestCpuException>(
                "a write to the PEB", victim => victim.Execute(GuestCode.Write(true, victim.Map.Peb.Gva.Value)), "PageFault"),
            Attack.Poisons<GuestCpuException>(
                "a read where nothing is mapped", victim => victim.Execute(GuestCode.Read(true, 0x70_0000_0000)), "PageFault"),
            Attack.Poisons<GuestCpuException>("a read at null", victim => victim.Execute(GuestCode.Read(true, 0)), "PageFault"),
            Attack.Poisons<GuestCpuException>(
                "a read at an address that cannot be", victim => victim.Execute(GuestCode.Read(true, 0x8000_0000_0000_0000)),
                "GeneralProtectionFault"),
            Attack.Poisons<GuestFaultException>(
                "a write to constants through its own page table", victim => victim.Sandbox.Call("WriteSnapshotPhysically"),
                "region image, which is read-only"),
            PhysicalWrite("code", victim => victim.Map.Image.Gpa.Value, "region image, which is read-only"),
            PhysicalWrite("the PEB", victim => victim.Map.Peb.Gpa.Value, "region peb, which is read-only"),
            PhysicalWrite("the zero page that all heaps share", victim => victim.Map.Heap.Gpa.Value, "region heap, which is read-only"),
            PhysicalWrite("address 0", _ => 0, "where it has no memory"),
            PhysicalWrite("the last page below scratch", victim => victim.Map.Scratch.Gpa.Value - 4096, "where it has no memory"),
            PhysicalWrite("no memory", _ => NoMemory, "where it has no memory"),
            PhysicalWrite("the local APIC", _ => InterruptCommand, "where it has no memory"),
            Attack.Poisons<GuestFaultException>(
                "a read of no memory through its own page table",
                victim => victim.Execute(GuestCode.Read(true, victim.MapPhysically(NoMemory))),
                "read the physical address 0x80000000, where it has no memory"),
            Attack.Poisons<GuestCpuException>(
                "an address of more bits than the machine has",
                victim => victim.Execute(GuestCode.Read(true, victim.MapPhysically(1UL << 40))),
                "PageFault").Or<GuestFaultException>()),
        .. Attack.By(
            Victim.I686,
            Attack.Poisons<GuestFaultException>(
                "a read of no memory", victim => victim.Sandbox.Call("ReadUnmapped"),
                "read the physical address 0x80000000, where it has no memory"),
            Attack.Poisons<GuestFaultException>(
                "a write to no memory", victim => victim.Execute(GuestCode.Write(false, NoMemory)),
                "wrote to the physical address 0x80000000, where it has no memory"),
            Attack.Poisons<GuestFaultException>(
                "INIT through the local APIC", victim => victim.Execute(GuestCode.Store(false, InterruptCommand, 0x4500)),
                "where it has no memory"),
            Attack.Poisons<GuestFaultException>(
                "SMI through the local APIC", victim => victim.Execute(GuestCode.Store(false, InterruptCommand, 0x4200)),
                "where it has no memory"),
            Attack.Poisons<GuestFaultException>(
                "the IOAPIC", victim => victim.Execute(GuestCode.Store(false, IoApic, 0)), "where it has no memory"),
            Attack.Poisons<GuestFaultException>(
                "a write below scratch", victim => victim.Execute(GuestCode.Write(false, victim.Map.Scratch.Gpa.Value - 1)),
                "where it has no memory"),

            // The interrupted instruction has thousands of exits left when the victim is restored.
            // mov esi, 0x80000FFD; mov edi, 0x90000FFE; or ecx, -1; rep movsd. mov edi, 0x90000000; mov edx, 4321; or ecx, -1; rep insd
            Attack.Poisons<GuestFaultException>(
                "no memory copied to no memory",
                victim => victim.Execute(0xBE, 0xFD, 0x0F, 0, 0x80, 0xBF, 0xFE, 0x0F, 0, 0x90, 0x83, 0xC9, 0xFF, 0xF3, 0xA5),
                "where it has no memory"),
            Attack.Poisons<GuestFaultException>(
                "a port read into no memory", victim => victim.Execute([0xBF, 0, 0, 0, 0x90, .. UnknownPort, 0x83, 0xC9, 0xFF, 0xF3, 0x6D]),
                "read port 4321").ByString(),

            // An i686 guest has its memory, with its code, for itself: no other sandbox sees the writes.
            Attack.Harmless("its own PEB overwritten", victim => victim.Poke(victim.Map.Peb.Gpa.Value + 0x800, new byte[256])),

            // On its way the instruction overwrites its own code. xor edi, edi; mov ecx, 0x10000; mov al, 0xF4 (HLT); rep stosb
            new Attack("all of its own image overwritten", victim => victim.Execute(0x31, 0xFF, 0xB9, 0, 0, 1, 0, 0xB0, 0xF4, 0xF3, 0xAA))
            {
                Ends = AnyEnd,
                MayDoNothing = true,
            }),
        Attack.Harmless(
            "the words at the end of scratch overwritten",
            victim => victim.Poke(EndOfScratch(victim) - 0x28, ulong.MaxValue, ulong.MaxValue, 0, ulong.MaxValue)),
        new("a recursion without end", victim => victim.Sandbox.Call<int>("Recurse", 1_000_000)) { Ends = AnyEnd },
    ];

    // A guest that has overwritten its own code or buffers may end in any of these ways.
    private static Type[] AnyEnd =>
        [typeof(GuestAbortedException), typeof(GuestCpuException), typeof(GuestFaultException), typeof(GuestProtocolException)];

    private static ulong EndOfScratch(Victim victim) => victim.Map.Scratch.Gva.Value + victim.Map.Scratch.Size;

    private static Attack PhysicalWrite(string what, Func<Victim, ulong> gpa, string says) => Attack.Poisons<GuestFaultException>(
        $"a write to {what} through tables of its own",
        victim => victim.Execute(GuestCode.Write(true, victim.MapPhysically(gpa(victim)))),
        says);
}
