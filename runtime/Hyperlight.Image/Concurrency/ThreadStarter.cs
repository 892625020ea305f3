namespace Hyperlight.Concurrency;

/// <summary>Starts a thread that never keeps the process alive.</summary>
/// <param name="name">The thread's name.</param>
/// <param name="run">The work of the thread.</param>
/// <exception cref="HyperlightException">HL5005: the thread cannot be started.</exception>
internal delegate void ThreadStarter(string name, Action run);
