using System.Runtime.ExceptionServices;

namespace Hyperlight.Calls;

/// <summary>
/// The outcome of a call of a guest function, or of a guest's initialisation. The state of the sandbox and its measures are derived from
/// the outcome. Only <see cref="ValueOrThrow"/> throws the <see cref="Failure"/>.
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

    /// <summary>Gets the guest's result for <see cref="CallEnd.Returned"/>, the void value otherwise.</summary>
    public GuestValue Value { get; }

    /// <summary>Gets the exception for the caller, or <c>null</c> for <see cref="CallEnd.Returned"/>.</summary>
    public Exception? Failure { get; }

    /// <summary>Gets whether the guest stopped in the middle of its work, so that its state is not known.</summary>
    public bool LeavesGuestUnknown => End is CallEnd.Aborted or CallEnd.Faulted or CallEnd.TimedOut or CallEnd.Canceled or CallEnd.BrokeOff;

    /// <summary>Creates the outcome of a call that has a result.</summary>
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
