namespace Hyperlight.Debugging;

/// <summary>An order of a debugger to a guest that is stopped.</summary>
internal enum DebugAction
{
    /// <summary>The guest stays as it is.</summary>
    None,

    /// <summary>The guest goes on until a breakpoint.</summary>
    Continue,

    /// <summary>The guest goes on until it has left a range of instructions.</summary>
    Step,

    /// <summary>The debugger leaves. The guest goes on.</summary>
    Detach,
}
