using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    // mov cr0, rax; mov cr3, rax; mov cr4, rax. The bytes mean the same in 32-bit code.
    private static byte[] SetCr0 => [0x0F, 0x22, 0xC0];
    private static byte[] SetCr3 => [0x0F, 0x22, 0xD8];
    private static byte[] SetCr4 => [0x0F, 0x22, 0xE0];

    // mov rax, cr0; mov rax, cr4
    private static byte[] GetCr0 => [0x0F, 0x20, 0xC0];
    private static byte[] GetCr4 => [0x0F, 0x20, 0xE0];

    // push 0; push 0; mov eax, the data selector
    private static byte[] Nothing => [0x6A, 0, 0x6A, 0, 0xB8, 0x10, 0, 0, 0];

    // call 1f; 1: pop rax; add eax, 16; mov dr0, rax; mov eax, 0x401; mov dr7, rax; nop; nop; nop; ret
    private static byte[] Breakpoint =>
        [0xE8, 0, 0, 0, 0, 0x58, 0x83, 0xC0, 16, 0x0F, 0x23, 0xC0, 0xB8, 1, 4, 0, 0, 0x0F, 0x23, 0xF8, 0x90, 0x90, 0x90, 0xC3];

    private static IEnumerable<Attack> Processor =>
    [
        .. Privileged,
        .. Instructions,
        .. Attack.By(
            Victim.Amd64,
            Raises("paging turned off", "GeneralProtectionFault", [.. GetCr0, 0x48, 0x0F, 0xBA, 0xF0, 31, .. SetCr0]),
            Raises("protected mode turned off", "GeneralProtectionFault", [.. GetCr0, 0x48, 0x0F, 0xBA, 0xF0, 0, .. SetCr0]),
            Raises("bits of CR0 that are not there", "GeneralProtectionFault", [.. GuestCode.Load(true, 1UL << 40), .. SetCr0]),
            Raises("bits of CR4 that are not there", "GeneralProtectionFault", [.. GuestCode.Load(true, 1UL << 40), .. SetCr4]),
            Raises("wide page tables turned off", "GeneralProtectionFault", [.. GetCr4, 0x48, 0x0F, 0xBA, 0xF0, 5, .. SetCr4]),
            Raises("five levels of page tables", "GeneralProtectionFault", [.. GetCr4, 0x48, 0x0F, 0xBA, 0xE8, 12, .. SetCr4]),
            Raises("bits of CR3 that are not there", "", [.. GuestCode.Load(true, 1UL << 45), .. SetCr3]).Or<GuestFaultException>(),

            // Some hypervisors repeat the read of a page table at an address without memory for ever.
            Attack.Poisons<GuestFaultException>("page tables in no memory", victim =>
                victim.ExecuteBriefly([.. GuestCode.Load(true, NoMemory), .. SetCr3])).Or<TimeoutException>(),
            Attack.Poisons<GuestFaultException>(
                "page tables in the input buffer",
                victim => victim.Execute([.. GuestCode.Load(true, victim.Map.Scratch.Gpa.Value + 0x3000), .. SetCr3])),
            Attack.Poisons<GuestFaultException>("page tables at 0", victim =>
                victim.ExecuteBriefly([.. GuestCode.Load(true, 0), .. SetCr3])).Or<TimeoutException>(),
            Attack.Harmless(
                "write protection turned off", victim => victim.Execute([.. GetCr0, 0x48, 0x0F, 0xBA, 0xF0, 16, .. SetCr0, 0xC3])),
            Attack.Harmless("SWAPGS", victim => victim.Execute(0x0F, 0x01, 0xF8, 0xC3)),
            Raises("SYSCALL", "PageFault", [0x0F, 0x05]).Or<GuestFaultException>()),
        .. Attack.By(
            Victim.I686,
            Attack.Poisons<GuestFaultException>(
                "paging turned on with tables in no memory",
                victim => victim.ExecuteBriefly(
                    [.. GuestCode.Load(false, NoMemory), .. SetCr3, .. GetCr0, 0x0F, 0xBA, 0xE8, 31, .. SetCr0]))
                .Or<GuestCpuException>()
                .Or<TimeoutException>(),
            Attack.Poisons<GuestFaultException>(
                "paging turned on with empty tables",
                victim => victim.Execute(
                    [.. GuestCode.Load(false, victim.Output + 0x3000), .. SetCr3, .. GetCr0, 0x0F, 0xBA, 0xE8, 31, .. SetCr0]))
                .Or<GuestCpuException>(),
            Attack.Fails<GuestProtocolException>(
                "protected mode turned off", victim => victim.Execute([.. GetCr0, 0x0F, 0xBA, 0xF0, 0, .. SetCr0, 0xF4]), "empty"),
            Raises("a far jump behind the end of its GDT", "GeneralProtectionFault", [0xEA, 0, 0, 0, 0, 0x40, 0])),
    ];

    private static IEnumerable<Attack> Privileged =>
    [
        // lgdt [rsp]; mov ds, eax. lidt [rsp]; ud2.
        Attack.Poisons<GuestFaultException>(
            "an empty GDT", victim => victim.Execute([.. Nothing, 0x0F, 0x01, 0x14, 0x24, 0x8E, 0xD8]), "triple-fault"),
        Attack.Poisons<GuestFaultException>(
            "an empty IDT", victim => victim.Execute([.. Nothing, 0x0F, 0x01, 0x1C, 0x24, 0x0F, 0x0B]), "triple-fault"),
        Attack.Poisons<GuestFaultException>(
            "an empty IDT in the guest's C code", victim => victim.Sandbox.Call("TripleFault"), "triple-fault"),

        // …; mov dword [rax+8], 0; mov dword [rax+12], 0; mov dword [rax+16], 0; mov dword [rax+20], 0; mov eax, the data selector; mov ds,
        // eax
        Attack.Poisons<GuestFaultException>(
            "all segments of its GDT overwritten",
            victim => victim.ExecuteBriefly(
                [.. FindGdt(victim), .. Enumerable.Range(2, 4).SelectMany(i => (byte[])[0xC7, 0x40, (byte)(4 * i), 0, 0, 0, 0]), 0xB8, 0x10,
                    0, 0, 0, 0x8E, 0xD8]))
            .Or<TimeoutException>(),

        // …; mov dword [rax+64+36+4], 0x80000000; ud2
        Attack.Poisons<GuestFaultException>(
            "an exception stack of its TSS that cannot be",
            victim => victim.Execute([.. FindGdt(victim), 0xC7, 0x40, 64 + 36 + 4, 0, 0, 0, 0x80, 0x0F, 0x0B])).Or<GuestCpuException>()
            .By(Victim.Amd64),

        // mov eax, 0x40; ltr ax. lldt ax.
        Raises("a task register of junk", "GeneralProtectionFault", [0xB8, 0x40, 0, 0, 0, 0x0F, 0x00, 0xD8]),
        Raises("a local descriptor table of junk", "GeneralProtectionFault", [0xB8, 0x40, 0, 0, 0, 0x0F, 0x00, 0xD0]),

        // mov ecx, msr; xor eax, eax; xor edx, edx; wrmsr or rdmsr; ret
        Msr("EFER written", 0xC000_0080, 0x30),
        Msr("the base of the local APIC written", 0x1B, 0x30),
        Msr("the address of KVM's clock written", 0x4B56_4D01, 0x30),
        Msr("the base of the local APIC read", 0x1B, 0x32),
        Msr("a model-specific register that is not there read", 0x1234_5678, 0x32),

        // xor ecx, ecx; xor eax, eax; xor edx, edx; xsetbv
        Raises("XCR0 cleared", "", [0x31, 0xC9, 0x31, 0xC0, 0x31, 0xD2, 0x0F, 0x01, 0xD1]),

        Raises("a breakpoint of its own", "Debug", Breakpoint) with { MayDoNothing = true },

        // pushf; or dword [rsp], 0x100; popf; nop; nop; ret
        Raises("single steps", "Debug", [0x9C, 0x81, 0x0C, 0x24, 0, 1, 0, 0, 0x9D, 0x90, 0x90, 0xC3]) with { MayDoNothing = true },

        // push 0x4002; popf; iret, which leads to an outer task that is not there
        Raises("a return to an outer task", "", [0x68, 2, 0x40, 0, 0, 0x9D, 0xCF]).Or<GuestFaultException>(),
    ];

    private static IEnumerable<Attack> Instructions =>
    [
        Raises("UD2", "InvalidOpcode", [0x0F, 0x0B]),
        Raises("UD2 in the guest's C code", "InvalidOpcode", "InvalidOpcode"),
        Raises("a division by zero", "DivideByZero", "DivideByZero"),
        Raises("INT3", "", [0xCC]).Or<GuestFaultException>(),
        Raises("INT 0x80", "", [0xCD, 0x80]).Or<GuestFaultException>(),
        Raises("INT 2, as if it were an NMI", "", [0xCD, 2]).Or<GuestFaultException>(),
        Raises("RSM", "InvalidOpcode", [0x0F, 0xAA]).Or<GuestFaultException>(),
        Raises("VMXON", "", [0x83, 0xEC, 8, 0xF3, 0x0F, 0xC7, 0x34, 0x24]).Or<GuestFaultException>(),
        Raises("VMRUN", "", [0x0F, 0x01, 0xD8]).Or<GuestFaultException>(),
        Raises("SYSENTER", "", [0x0F, 0x34]).Or<GuestFaultException>(),
        .. Debatable.Select(instruction => new Attack(instruction.Name, victim => victim.ExecuteBriefly([.. instruction.Code, 0xC3]))
        {
            Ends = [typeof(GuestCpuException), typeof(GuestFaultException), typeof(TimeoutException)],
            MayDoNothing = true,
        }),

        // push rbx; mov eax, leaf; xor ecx, ecx; cpuid; pop rbx; ret
        .. CpuidLeaves.Select(leaf => Attack.Harmless(
            $"CPUID {leaf:X}", victim => victim.Execute([0x53, .. GuestCode.Load(false, leaf), 0x31, 0xC9, 0x0F, 0xA2, 0x5B, 0xC3]))),
    ];

    private static uint[] CpuidLeaves => [0, 1, 7, 0xD, 0x4000_0000, 0x8000_0001, uint.MaxValue];

    // Processors and hypervisors differ here: the guest gets an exception, nothing happens, KVM cannot run the instruction, or KVM repeats
    // the instruction for ever.
    private static (string Name, byte[] Code)[] Debatable =>
    [
        ("VMCALL", [0x0F, 0x01, 0xC1]),
        ("VMMCALL", [0x0F, 0x01, 0xD9]),
        ("MONITOR", [0x31, 0xC9, 0x31, 0xD2, 0x0F, 0x01, 0xC8]),
        ("MWAIT", [0x31, 0xC9, 0x31, 0xC0, 0x0F, 0x01, 0xC9]),
        ("RDTSC", [0x0F, 0x31]),
        ("RDTSCP", [0x0F, 0x01, 0xF9]),
        ("RDPMC", [0x31, 0xC9, 0x0F, 0x33]),
        ("INVLPG", [0x0F, 0x01, 0x38]),
        ("WBINVD", [0x0F, 0x09]),
        ("INVD", [0x0F, 0x08]),
        ("CLTS", [0x0F, 0x06]),
        ("XGETBV", [0x31, 0xC9, 0x0F, 0x01, 0xD0]),
    ];

    // sub rsp, 16; sgdt [rsp]; mov rax, [rsp+2]
    private static byte[] FindGdt(Victim victim) => victim.Is64Bit
        ? [0x48, 0x83, 0xEC, 16, 0x0F, 0x01, 0x04, 0x24, 0x48, 0x8B, 0x44, 0x24, 2]
        : [0x83, 0xEC, 16, 0x0F, 0x01, 0x04, 0x24, 0x8B, 0x44, 0x24, 2];

    private static Attack Raises(string name, string exception, byte[] code) =>
        Attack.Poisons<GuestCpuException>(name, victim => victim.Execute(code), exception);

    private static Attack Raises(string name, string exception, string function) =>
        Attack.Poisons<GuestCpuException>(name, victim => victim.Sandbox.Call(function), exception);

    // Without an MSR filter, as on WHP and on old kernels, a guest can write some registers. A restore resets them.
    private static Attack Msr(string name, uint index, byte instruction)
    {
        byte[] code = [0xB9, .. BitConverter.GetBytes(index), 0x31, 0xC0, 0x31, 0xD2, 0x0F, instruction, 0xC3];
        return Raises(name, "GeneralProtectionFault", code) with
        {
            MayDoNothing = Hypervisor.Chosen is not KvmHypervisor kvm || (Hypervisor.Check() is null && !kvm.System.HasMsrFilter),
        };
    }
}
