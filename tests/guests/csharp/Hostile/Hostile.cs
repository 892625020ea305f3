using Hyperlight;

namespace Hostile;

/// <summary>Attacks its host, its neighbours and itself.</summary>
[GuestExport]
public sealed partial class Hostile : IHostile
{
    private static readonly Dictionary<string, Func<ulong, string>> Attacks = new()
    {
        ["loop"] = _ => Endless.Loop(),
        ["loop in a thread"] = _ => Endless.LoopInThread(),
        ["exceptions without end"] = _ => Endless.Exceptions(),
        ["collections without end"] = _ => Endless.Collections(),
        ["text without end"] = _ => Endless.Text(),
        ["tasks without end"] = _ => Endless.Tasks(),
        ["a finalizer without end"] = _ => Endless.Finalizer(),
        ["a thread that goes on after the call"] = _ => Endless.ThreadAfterCall(),
        ["two locks in two orders"] = _ => Endless.Deadlock(),
        ["all memory"] = _ => Exhaustion.Managed(),
        ["all native memory"] = _ => Exhaustion.Native(),
        ["all mapped memory"] = _ => Exhaustion.Mapped(),
        ["an array of 2 GB"] = _ => Exhaustion.OneArray(),
        ["recursion"] = _ => $"{Exhaustion.Recurse(1)}",
        ["recursion in a thread"] = _ => Exhaustion.RecurseInThread(),
        ["stack allocation"] = _ => $"{Exhaustion.AllocateOnStack(64 << 20)}",
        ["recursion in filters"] = _ => $"{Exhaustion.RecurseInFilters(0)}",
        ["pinned memory without end"] = _ => Exhaustion.Pins(),
        ["timers without end"] = _ => Exhaustion.Timers(),
        ["threads without end"] = _ => Exhaustion.Threads(),
        ["a large answer"] = _ => new string('x', 200_000),
        ["exit"] = _ => Ends.Exit(),
        ["fail fast"] = _ => Ends.FailFast(),
        ["exception in a thread"] = _ => Ends.ThrowInThread(),
        ["exception in a finalizer"] = _ => Ends.ThrowInFinalizer(),
        ["an exception with a large text"] = _ => Ends.ThrowLargeText(),
        ["an exception with a NUL"] = _ => Ends.ThrowNul(),
        ["an exception without a text"] = _ => Ends.ThrowWithoutText(),
        ["exit of the first thread"] = _ => SystemCalls.ExitThread(),
        ["return from no signal"] = _ => SystemCalls.ReturnFromNoSignal(),
        ["munmap of its stack"] = _ => SystemCalls.UnmapOwnStack(),
        ["signal"] = SystemCalls.KillItself,
        ["kit: set error"] = Kit.SetError,
        ["kit: call host"] = Kit.CallHost,
        ["kit: read no result"] = Kit.ReadNoResult,
        ["kit: abort"] = Kit.AbortWith,
        ["kit: dispatch"] = _ => Kit.Dispatch(),
        ["kit: dispatch nothing"] = Kit.DispatchNothing,
        ["every system call"] = SystemCalls.Every,
        ["mprotect of everything"] = _ => SystemCalls.ProtectEverything(),
        ["munmap of everything"] = _ => SystemCalls.UnmapEverything(),
        ["clone without a stack"] = _ => SystemCalls.CloneWithoutStack(),
        ["signals without handlers"] = _ => SystemCalls.SignalFromNowhere(),
        ["write"] = Wild.Write,
        ["read"] = Wild.Read,
        ["jump"] = Wild.Jump,
        ["fill"] = Wild.Fill,
        ["random writes"] = Wild.WriteEverywhere,
        ["own stack"] = _ => Wild.OverwriteStack(),
        ["own objects"] = _ => Wild.OverwriteObjects(),
        ["as kernel"] = Wild.RunAsKernel,
        ["machine code"] = _ => Wild.RunMachineCode(),
    };

    private static int s_count;

    /// <inheritdoc/>
    public string Attack(string name, ulong address) => Attacks[name](address);

    /// <inheritdoc/>
    public int Count() => ++s_count;
}
