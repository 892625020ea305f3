namespace Hyperlight.Hypervisors;

/// <summary>A signal that one thread waits for.</summary>
internal interface IWaitableSignal : ISignal, IDisposable
{
    /// <summary>Waits for the signal and takes it.</summary>
    /// <param name="microseconds">The longest time to wait; negative for no limit.</param>
    void Wait(long microseconds);
}
