using Hyperlight.Functions;

namespace Hyperlight.Debugging;

/// <summary>The calls of a sandbox, as its debugger sees them.</summary>
internal interface IDebuggedCalls
{
    /// <summary>Gets the signal that the current call was stopped.</summary>
    StopSignal Signal { get; }

    /// <summary>Does something while no call is running and no call can begin.</summary>
    /// <returns><c>false</c> if a call is running, or if the guest is not there any more: nothing was done then.</returns>
    bool TryBetweenCalls(Action action);

    /// <summary>Makes the guest of the current call, if there is one, leave the processor. The call goes on.</summary>
    void Interrupt();

    /// <summary>Takes back an <see cref="Interrupt"/>.</summary>
    /// <returns><c>false</c> if the call was stopped, so that the guest must not go on.</returns>
    bool TryTakeBackInterrupt();

    /// <summary>Stops the time of the current call.</summary>
    void PauseDeadline();

    /// <summary>Lets the time of the current call go on.</summary>
    void ResumeDeadline();
}
