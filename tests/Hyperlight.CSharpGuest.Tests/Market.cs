using Basics;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>The functions of the host for the guest Basics.</summary>
internal sealed class Market : IMarket
{
    /// <summary>Gets the task that ends when the token of <see cref="WaitAsync"/> is cancelled.</summary>
    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets the task that ends when the guest has called <see cref="WaitAsync"/>.</summary>
    public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets the action that runs inside of <see cref="Count"/>.</summary>
    public Action DuringCount { get; init; } = () => { };

    public async Task<decimal> RateAsync(string currency, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return currency == "USD" ? 1.17m : throw new GuestVisibleException($"there is no rate of {currency}");
    }

    public async ValueTask<Line?> AlternativeAsync(Line line)
    {
        await Task.Yield();
        return line.Count > 1 ? line with { Count = line.Count - 1 } : null;
    }

    public int Count(Line[] lines)
    {
        DuringCount();
        return lines.Length;
    }

    public void Refuse(string text) => throw new InvalidOperationException($"{text} of the host");

    public string Name(int number) => $"number {number}";

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(Stopped.SetResult))
        {
            Started.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
