namespace Hyperlight.Runtime.Tests.Hostile;

internal static partial class Attacks
{
    private const ulong Table = 0x23; // present, writable, accessed
    private const ulong LargePage = 0xA3;
    private const ulong Gigabyte = 1 << 30;

    // Changes of a guest to its page tables before a snapshot is taken (amd64 sheet, sections 3.1 and 6.3).
    private static IEnumerable<Attack> PageTables =>
    [
        .. Attack.By(
            Victim.Amd64,
            Attack.Fails<SnapshotFailedException>(
                "a snapshot of tables that lead to themselves",
                victim => WithRoot(victim, 1, [.. Enumerable.Repeat(victim.Map.PageTables.Gpa.Value | Table, 12)]),
                "page tables"),
            Attack.Fails<SnapshotFailedException>(
                "a snapshot of tables that lead to each other",
                victim =>
                {
                    victim.Poke(victim.Output + 0x3000, [.. Enumerable.Repeat(victim.Map.PageTables.Gpa.Value | Table, 512)]);
                    WithRoot(victim, 3, Enumerable.Repeat(Physical(victim, 0x3000) | Table, 200));
                },
                "page tables"),
            Attack.Fails<SnapshotFailedException>(
                "a snapshot of more tables than scratch has room for",
                victim => WithRoot(victim, 3, Enumerable.Repeat(FirstEntry(victim), 20)),
                "raise ScratchSize"),
            Attack.Fails<SnapshotFailedException>(
                "a snapshot of one page a hundred million times",
                victim =>
                {
                    victim.Poke(victim.Output + 0x1000, [.. Enumerable.Repeat(Physical(victim, 0) | Table, 512)]);
                    victim.Poke(victim.Output + 0x2000, [.. Enumerable.Repeat(Physical(victim, 0x1000) | Table, 512)]);
                    victim.Poke(victim.Output + 0x3000, [.. Enumerable.Repeat(Physical(victim, 0x2000) | Table, 512)]);
                    WithRoot(victim, 3, [Physical(victim, 0x3000) | Table]);
                },
                "page tables"),
            Attack.Fails<SnapshotFailedException>(
                "a snapshot of all memory in 512 huge pages",
                victim =>
                {
                    victim.Poke(
                        victim.Output + 0x3000, [.. Enumerable.Repeat((victim.Map.Scratch.Gpa.Value & ~(Gigabyte - 1)) | LargePage, 512)]);
                    WithRoot(victim, 3, [Physical(victim, 0x3000) | Table]);
                },
                "page tables"),

            // Scratch contains the buffers and the exception stack. The effect begins when the processor notices the change.
            new Attack("all of scratch unmapped", victim =>
            {
                victim.Poke(victim.RootEntry(511), [0UL]);
                victim.Call();
            })
            {
                Ends = AnyEnd,
            },
            Attack.Harmless("a snapshot of an entry that leads out of memory", victim => WithRoot(victim, 3, [0x7_0000_0000 | Table])),
            Attack.Harmless(
                "a snapshot of an entry with bits that are not there", victim => WithRoot(victim, 3, [0x000F_F000_0000_0000 | Table])),
            Attack.Harmless("a snapshot of an entry of ones", victim => WithRoot(victim, 3, [ulong.MaxValue])),
            Attack.Harmless("a snapshot of a large page where there are none", victim => WithRoot(victim, 3, [LargePage])),
            Attack.Harmless(
                "a snapshot of huge pages that lead out of memory",
                victim =>
                {
                    victim.Poke(
                        victim.Output + 0x3000, [.. Enumerable.Range(4, 512).Select(i => ((ulong)i * Gigabyte) | LargePage).Take(48)]);
                    WithRoot(victim, 3, [Physical(victim, 0x3000) | Table]);
                }),
            Attack.Harmless("a snapshot of tables in the output buffer", victim =>
            {
                // mov rsi, root; mov rdi, output + 0x3000; mov ecx, 4096; rep movsb; mov rax, its address; mov cr3, rax; ret
                victim.Execute(
                [
                    .. GuestCode.Load(true, victim.Map.PageTables.Gva.Value), 0x48, 0x89, 0xC6,
                    .. GuestCode.Load(true, victim.Output + 0x3000), 0x48, 0x89, 0xC7,
                    0xB9, 0, 0x10, 0, 0, 0xF3, 0xA4, .. GuestCode.Load(true, Physical(victim, 0x3000)), .. SetCr3, 0xC3,
                ]);
                TakeSnapshot(victim);
                victim.Call();
            })),
        .. Attack.By(
            Victim.I686,
            new Attack("a snapshot with paging turned on", victim =>
            {
                // Maps all addresses as before, in pages of 4 MiB. One number of 64 bits holds two entries of 32 bits.
                victim.Poke(
                    victim.Output + 0x3000,
                    [.. Enumerable.Range(0, 512).Select(i => ((ulong)(2 * i) << 22 | 0x83) | (((ulong)((2 * i) + 1) << 22 | 0x83) << 32))]);
                victim.Execute(
                [
                    .. GetCr4, 0x0F, 0xBA, 0xE8, 4, .. SetCr4, .. GuestCode.Load(false, victim.Output + 0x3000), .. SetCr3, .. GetCr0, 0x0F,
                    0xBA, 0xE8, 31, .. SetCr0, 0xC3,
                ]);
                TakeSnapshot(victim);
                victim.Call();
            })
            {
                Ends = [typeof(GuestCpuException)],
                MayDoNothing = true,
            }),
    ];

    private static ulong Physical(Victim victim, ulong offsetInOutput) =>
        victim.Map.Scratch.Gpa.Value + victim.Map.Sizes.InputBufferSize + offsetInOutput;

    // The entry for the lowest 512 GiB: the baked table behind the root.
    private static ulong FirstEntry(Victim victim) => (victim.Map.PageTables.Gpa.Value + 0x1000) | Table;

    private static void WithRoot(Victim victim, int index, IEnumerable<ulong> entries)
    {
        victim.Poke(victim.RootEntry(index), [.. entries]);
        TakeSnapshot(victim);
    }

    private static void TakeSnapshot(Victim victim)
    {
        using Snapshot snapshot = victim.Sandbox.TakeSnapshot();
        victim.Sandbox.Restore(snapshot);
    }
}
