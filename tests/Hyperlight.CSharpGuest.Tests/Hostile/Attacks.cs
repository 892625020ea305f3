namespace Hyperlight.CSharpGuest.Tests.Hostile;

/// <summary>The attacks of the guest Hostile.</summary>
internal static class Attacks
{
    public static IReadOnlyList<Attack> All { get; } = [.. Endless, .. Exhaustion, .. Ends, .. SystemCalls, .. Memory];

    private static IEnumerable<Attack> Endless =>
    [
        Attack.Poisons<TimeoutException>("loop"),
        Attack.Poisons<TimeoutException>("loop in a thread"),
        Attack.Poisons<TimeoutException>("exceptions without end"),
        Attack.Poisons<TimeoutException>("collections without end"),
        Attack.Poisons<TimeoutException>("text without end"),
        Attack.Poisons<TimeoutException>("tasks without end"),
        Attack.Poisons<GuestAbortedException>("two locks in two orders", "Deadlock"),
    ];

    private static IEnumerable<Attack> Exhaustion =>
    [
        Attack.Fails<GuestErrorException>("all memory", "OutOfMemoryException"),
        Attack.Poisons<GuestCpuException>("all native memory").Or<GuestAbortedException>().Or<GuestErrorException>().OrReturns(),
        Attack.Poisons<GuestCpuException>("all mapped memory").Or<GuestAbortedException>().OrReturns(),
        Attack.Fails<GuestErrorException>("an array of 2 GB", "OutOfMemoryException"),
        Attack.Poisons<GuestAbortedException>("recursion").Or<GuestCpuException>(),
        Attack.Poisons<GuestAbortedException>("recursion in a thread").Or<GuestCpuException>(),
        Attack.Poisons<GuestAbortedException>("stack allocation").Or<GuestCpuException>(),
        Attack.Poisons<GuestAbortedException>("threads without end").Or<GuestErrorException>().Or<TimeoutException>().OrReturns(),
        Attack.Fails<GuestErrorException>("a large answer"),
    ];

    private static IEnumerable<Attack> Ends =>
    [
        Attack.Poisons<GuestAbortedException>("exit", "exit(7)"),
        Attack.Poisons<GuestAbortedException>("fail fast", "gave up"),
        Attack.Poisons<GuestAbortedException>("exception in a thread", "thrown in a thread"),
        Attack.Poisons<GuestAbortedException>("exception in a finalizer", "thrown in a finalizer"),
    ];

    private static IEnumerable<Attack> SystemCalls =>
    [
        Attack.Poisons<GuestAbortedException>("every system call").Or<GuestCpuException>().Or<TimeoutException>().OrReturns(),
        Attack.Poisons<GuestAbortedException>("mprotect of everything").Or<GuestCpuException>().Or<TimeoutException>().OrReturns(),
        Attack.Poisons<GuestAbortedException>("munmap of everything").Or<GuestCpuException>().Or<TimeoutException>().OrReturns(),
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

    // A guest that wrote to memory of its own may go on, crash, hang, or send nonsense.
    private static Attack Wild(string name) => Attack.Poisons<GuestCpuException>(name)
        .Or<GuestAbortedException>().Or<GuestFaultException>().Or<GuestErrorException>().Or<TimeoutException>().Or<GuestProtocolException>()
        .OrReturns();
}
