namespace Hyperlight.Hypervisors;

/// <summary>A signal that any thread can give: to the interrupt line of a guest's timer, or to a thread that waits.</summary>
internal interface ISignal
{
    /// <summary>Gives the signal. Several signals that have not been taken yet count as one signal.</summary>
    void Signal();
}
