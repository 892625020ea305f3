namespace Hyperlight.CSharpGuest.Tests.Hostile;

/// <summary>The attacks of the guest Hostile.</summary>
internal static class Attacks
{
    public static IReadOnlyList<Attack> All { get; } =
        [.. Endless, .. Exhaustion, .. Ends, .. SystemCalls, .. Memory, .. Kernel, .. Kit];

    private static IEnumerable<Attack> Endless =>
    [
        Attack.Poisons<TimeoutException>("loop"),
        Attack.Poisons<TimeoutException>("loop in a thread"),
        Attack.Poisons<TimeoutException>("exceptions without end"),
        Attack.Poisons<TimeoutException>("collections without end"),
        Attack.Poisons<TimeoutException>("text without end"),
        Attack.Poisons<TimeoutException>("tasks without end"),
        Attack.Poisons<TimeoutException>("a finalizer without end"),
        Attack.Poisons<TimeoutException>("a thread that goes on after the call"),
        Attack.Poisons<GuestAbortedException>("two locks in two orders", "Deadlock"),
    ];

    private static IEnumerable<Attack> Exhaustion =>
    [
        Attack.Fails<GuestErrorException>("all memory", "Raise the ScratchSize of the guest"),
        Attack.Poisons<GuestCpuException>("all native memory").Or<GuestAbortedException>().Or<GuestErrorException>().OrReturns(),
        Attack.Poisons<GuestCpuException>("all mapped memory").Or<GuestAbortedException>().OrReturns(),
        Attack.Fails<GuestErrorException>("an array of 2 GB", "OutOfMemoryException"),
        Attack.Poisons<GuestAbortedException>("recursion").Or<GuestCpuException>(),
        Attack.Poisons<GuestAbortedException>("recursion in a thread").Or<GuestCpuException>(),
        Attack.Poisons<GuestAbortedException>("stack allocation").Or<GuestCpuException>(),
        Attack.Poisons<GuestAbortedException>("threads without end").Or<GuestErrorException>().Or<TimeoutException>().OrReturns(),
        Attack.Fails<GuestErrorException>("a large answer"),
        Attack.Poisons<GuestCpuException>("recursion in filters", "stack overflow"),
        Attack.Fails<GuestErrorException>("pinned memory without end").Or<TimeoutException>().OrReturns(),
        Attack.Poisons<GuestAbortedException>("timers without end").Or<GuestErrorException>().Or<TimeoutException>().OrReturns(),
    ];

    private static IEnumerable<Attack> Ends =>
    [
        Attack.Poisons<GuestAbortedException>("exit", "exit(7)"),
        Attack.Poisons<GuestAbortedException>("fail fast", "gave up"),
        Attack.Poisons<GuestAbortedException>("exception in a thread", "thrown in a thread"),
        Attack.Poisons<GuestAbortedException>("exception in a finalizer", "thrown in a finalizer"),
        Attack.Poisons<GuestAbortedException>("exit of the first thread", "exit(0)"),
        Attack.Fails<GuestErrorException>("an exception with a large text", "InvalidDataException: gave up 2026-11-29 root"),
        Attack.Fails<GuestErrorException>("an exception with a NUL", "InvalidDataException: before\uFFFDafter"),
        Attack.Fails<GuestErrorException>("an exception without a text", "Textless: (the message is not known"),
    ];

    private static IEnumerable<Attack> SystemCalls =>
    [
        Attack.Poisons<GuestAbortedException>("every system call").Or<GuestCpuException>().Or<TimeoutException>().OrReturns(),
        Attack.Poisons<GuestAbortedException>("mprotect of everything").Or<GuestCpuException>().Or<TimeoutException>().OrReturns(),
        Attack.Poisons<GuestAbortedException>("munmap of everything").Or<GuestCpuException>().Or<TimeoutException>().OrReturns(),
        Attack.Poisons<GuestAbortedException>("return from no signal", "signal 11"),
        Attack.Poisons<GuestCpuException>("munmap of its stack").OrReturns(),
        Attack.Poisons<GuestAbortedException>("signal", "signal 9").At("SIGKILL", _ => 9),
        Attack.Harmless("signal").At("a large number", _ => 1UL << 40),
        Attack.Poisons<GuestAbortedException>("clone without a stack").Or<GuestCpuException>().OrReturns(),
        Attack.Poisons<GuestAbortedException>("signals without handlers").Or<GuestCpuException>(),
    ];

    private static IEnumerable<Attack> Memory =>
    [
        Attack.Fails<GuestErrorException>("read", "NullReferenceException").At("null", _ => 8),
        Attack.Fails<GuestErrorException>("write", "NullReferenceException").At("null", _ => 8),
        Wild("read").At("nothing", _ => 0x70_0000_0000),
        Wild("read").At("an address that cannot be", _ => 0x8000_0000_0000_0000),
        Wild("write").At("code", map => map.Image.Gva.Value + 0x2000),
        Wild("write").At("the PEB", map => map.Peb.Gva.Value),
        Wild("fill").At("page tables", map => map.PageTables.Gva.Value),
        Wild("fill").At("the input buffer", map => map.InputBuffer.Value).Or<MessageTooLargeException>(),
        Wild("fill").At("the output buffer", map => map.OutputBuffer.Value).Or<GuestProtocolException>(),
        Wild("fill").At("the words of scratch", map => map.Scratch.Gva.Value + map.Scratch.Size - (1 << 16)),
        Wild("fill").At("the first pages of scratch", map => map.Scratch.Gva.Value),
        Wild("jump").At("null", _ => 0),
        Wild("jump").At("data", map => map.Scratch.Gva.Value),
        Wild("jump").At("nothing", _ => 0x70_0000_0000),
        Wild("own stack"),
        Wild("own objects"),
        Wild("machine code").Or<GuestProtocolException>(),
        .. Enumerable.Range(1, 12).Select(seed => Wild("random writes").At($"seed {seed}", _ => (ulong)seed * 0x9E37_79B9_7F4A_7C15)),
    ];

    // Instructions for kernels, which a guest may use. The code has at most 8 bytes, the first in the lowest bits; a return follows.
    private static IEnumerable<Attack> Kernel =>
    [
        Wild("as kernel").At("the thread pointer is 0", _ => 0xC3D0_AE0F_48F3_C031),
        Wild("as kernel").At("exchanges GS", _ => 0xF8_010F),
        Wild("as kernel").At("no page tables", _ => 0xD8_220F_C031),
        Wild("as kernel").At("no protected mode", _ => 0xC0_220F_C031),
        Wild("as kernel").At("another interrupt table", _ => 0x241C_010F),
        Wild("as kernel").At("a model-specific register", _ => 0x300F),
        Wild("as kernel").At("a call of the hypervisor", _ => 0xC1_010F),
        Attack.Fails<GuestProtocolException>("as kernel", "output buffer is empty").At("halt in the middle", _ => 0xF4),
        Attack.Poisons<GuestFaultException>("as kernel", "read port 96").At("reads a port", _ => 0x60E4),
        Attack.Poisons<GuestCpuException>("as kernel", "RSP 0x0").At("no stack", _ => 0x50_E431),
    ];

    // Calls of the kit that its header does not allow.
    private static IEnumerable<Attack> Kit =>
    [
        Attack.Poisons<GuestCpuException>("kit: set error").At("a text at nothing", _ => 0x70_0000_0000),
        Attack.Poisons<GuestCpuException>("kit: call host").At("a call at nothing", _ => 0x70_0000_0000),
        Attack.Poisons<GuestCpuException>("kit: abort").At("a text at an address that cannot be", _ => 0x8000_0000_0000_0000),
        Attack.Fails<GuestErrorException>("kit: read no result", "another type than the guest asked for"),
        Attack.Harmless("kit: dispatch"),
        Attack.Fails<GuestErrorException>("kit: dispatch nothing", "NullReferenceException"),
    ];

    // A guest that wrote to memory of its own may go on, crash, hang, or send nonsense.
    private static Attack Wild(string name) => Attack.Poisons<GuestCpuException>(name)
        .Or<GuestAbortedException>().Or<GuestFaultException>().Or<GuestErrorException>().Or<TimeoutException>().Or<GuestProtocolException>()
        .OrReturns();
}
