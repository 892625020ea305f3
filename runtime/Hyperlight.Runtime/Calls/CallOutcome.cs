using System.Runtime.ExceptionServices;

namespace Hyperlight.Calls;

/// <summary>
/// How a call of a guest function, or a guest's initialisation, ended. The outcome is a value: the state of the sandbox and the telemetry follow from it, and
/// its <see cref="Failure"/> is thrown by <see cref="ValueOrThrow"/> and nowhere before.
/// </summary>
internal readonly struct CallOutcome
{
    private CallOutcome(CallEnd end, in GuestValue value, Exception? failure = null)
    {
        End = end;
        Value = value;
        Failure = failure;
    }

    /// <summary>Gets the way in which the call ended.</summary>
    public CallEnd End { get; }

    /// <summary>Gets the guest's result; the void value for every end but <see cref="CallEnd.Returned"/>.</summary>
    public GuestValue Value { get; }

    /// <summary>Gets the failure that the caller is told; <c>null</c> for <see cref="CallEnd.Returned"/>.</summary>
    public Exception? Failure { get; }

    /// <summary>Gets a value that says whether the guest is left in the middle of its work, so that it cannot be called again as it is.</summary>
    public bool LeavesGuestUnknown => End is CallEnd.Aborted or CallEnd.Faulted or CallEnd.TimedOut or CallEnd.Canceled or CallEnd.BrokeOff;

    /// <summary>Creates the outcome of a call that came to its end.</summary>
    public static CallOutcome Returned(in GuestValue value) => new(CallEnd.Returned, value);

    /// <summary>Creates the outcome of a call that failed.</summary>
    public static CallOutcome Failed(CallEnd end, Exception failure) => new(end, GuestValue.Void, failure);

    /// <summary>Gets the guest's result, or throws the failure.</summary>
    public GuestValue ValueOrThrow()
    {
        if (Failure is not null)
        {
            ExceptionDispatchInfo.Throw(Failure);
        }

        return Value;
    }
}
