namespace Hyperlight.Functions;

/// <summary>
/// Converts the result of a host function into a value for the guest. If the result is a task, the thread of the call waits for the task.
/// </summary>
/// <typeparam name="T">
/// A type of the protocol, <see cref="GuestValue"/>, <see cref="Task"/>, <see cref="ValueTask"/>, or one of these two with a type of the
/// protocol.
/// </typeparam>
internal static class HostResult<T>
{
    // The conversion is looked up once for each type. All types are written out, so that compilation ahead of time (AOT) sees the
    // conversion of each.
    private static readonly (Delegate Convert, GuestValueKind? Kind)? Awaited =
        typeof(T) == typeof(Task) ? ((Task task, StopSignal stop) => Wait(task, stop), GuestValueKind.Void)
        : typeof(T) == typeof(ValueTask) ? ((ValueTask task, StopSignal stop) => Wait(task.AsTask(), stop), GuestValueKind.Void)
        : Find<int>() ?? Find<uint>() ?? Find<long>() ?? Find<ulong>() ?? Find<float>() ?? Find<double>() ?? Find<string>() ?? Find<bool>()
            ?? Find<byte[]>() ?? Find<ReadOnlyMemory<byte>>() ?? Find<GuestValue>();

    private static readonly Func<T, StopSignal, GuestValue>? Convert = (Func<T, StopSignal, GuestValue>?)Awaited?.Convert;

    /// <summary>Gets whether the result is a task.</summary>
    public static bool IsTask => Convert is not null;

    /// <summary>Gets the type on the wire, or <c>null</c> if the function may return any type.</summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> has no counterpart on the wire.</exception>
    public static GuestValueKind? Kind => Awaited is { } awaited ? awaited.Kind : GuestType<T>.Kind;

    /// <summary>Converts the result of one call.</summary>
    /// <exception cref="OperationCanceledException">The call was stopped before the task was complete.</exception>
    public static GuestValue ToGuest(T result, StopSignal stop) => Convert is null ? GuestType<T>.ToGuest(result) : Convert(result, stop);

    private static (Delegate Convert, GuestValueKind? Kind)? Find<TValue>() =>
        typeof(T) == typeof(Task<TValue>) ? ((Task<TValue> task, StopSignal stop) => Wait(task, stop), GuestType<TValue>.Kind)
        : typeof(T) == typeof(ValueTask<TValue>)
            ? ((ValueTask<TValue> task, StopSignal stop) => Wait(task.AsTask(), stop), GuestType<TValue>.Kind)
        : null;

    private static GuestValue Wait<TValue>(Task<TValue> task, StopSignal stop)
    {
        WaitForEnd(task, stop);
        return GuestType<TValue>.ToGuest(task.GetAwaiter().GetResult());
    }

    private static GuestValue Wait(Task task, StopSignal stop)
    {
        WaitForEnd(task, stop);
        task.GetAwaiter().GetResult();
        return GuestValue.Void;
    }

    private static void WaitForEnd(Task task, StopSignal stop)
    {
        if (!task.IsCompleted && !stop.Wait(task))
        {
            StopSignal.ForgetFailure(task);
            throw new OperationCanceledException("The call was stopped while the task of its host function was running.");
        }
    }
}
