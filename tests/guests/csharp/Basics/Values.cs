using Hyperlight.Guest;

namespace Basics;

/// <summary>Answers calls with values of C#, waits for tasks, and fails.</summary>
[GuestExport]
public sealed class Values(IMarket market) : IValues
{
    private static readonly IMarket Market = Hyperlight.Guest.Host.Get<IMarket>();

    /// <inheritdoc/>
    public Everything Echo(Everything value) => value;

    /// <inheritdoc/>
    public Line? EchoOrNull(Line? line) => line;

    /// <inheritdoc/>
    public async Task<decimal> TotalAsync(Line[] lines, string currency)
    {
        decimal sum = 0;
        foreach (Line line in lines)
        {
            await Task.Yield();
            sum += line.Count * (line.Price ?? 0) * await market.RateAsync(currency);
        }

        return sum;
    }

    /// <inheritdoc/>
    public async ValueTask<Line?> FindAsync(Line?[] lines, string product)
    {
        await Task.Delay(1);
        Line? found = lines.FirstOrDefault(line => line?.Product == product);
        return found is null ? null : await Task.Run(async () => await Market.AlternativeAsync(found));
    }

    /// <inheritdoc/>
    public int Length(string[] texts) => texts.Sum(text => text.Length);

    /// <inheritdoc/>
    public Line[] Create(int count) => [.. Enumerable.Range(0, count).Select(number => new Line("Tea", number, null))];

    /// <inheritdoc/>
    public ValueTask<int> PassAsync(int count) => new(market.Count(Create(count)));

    /// <inheritdoc/>
    public Task NeverAsync() => new TaskCompletionSource().Task;

    /// <inheritdoc/>
    public async Task<string> WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await Task.Delay(time, cancellationToken);
        return $"can be cancelled: {cancellationToken.CanBeCanceled}";
    }

    /// <inheritdoc/>
    public Task WaitForHostAsync(CancellationToken cancellationToken) => market.WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<Line> FailAsync(string way)
    {
        await Task.Yield();
        switch (way)
        {
            case "inner":
                throw new InvalidOperationException("outer", new FormatException("inner", new ArgumentException("innermost")));
            case "aggregate":
                await Task.WhenAll(Fail("one"), Fail("two"));
                break;
            case "several":
                Task.WaitAll(Fail("one"), Fail("two"));
                break;
            case "long":
                throw new InvalidOperationException(new string('€', 100_000));
            case "nul":
                throw new InvalidOperationException("a\0b\uD800c");
            case "members":
                throw new FailingException();
            case "code":
                throw new GuestException(1234, "of my own");
            case "host":
                market.Refuse("secret");
                break;
        }

        return new("", 0, null);
    }

    /// <inheritdoc/>
    public string Caught(string way)
    {
        try
        {
            return way switch
            {
                "alternative" => $"{market.AlternativeAsync(new("Tea", 1, null)).AsTask().Result}",
                "name" => market.Name(7),
                "cancelled" => $"{market.RateAsync("EUR", new(canceled: true)).Status}",
                _ => $"{market.Count([])}",
            };
        }
        catch (Exception exception)
        {
            return $"{exception.GetBaseException().GetType().Name}: {exception.GetBaseException().Message}";
        }
    }

    /// <inheritdoc/>
    public string Log(string text)
    {
        GuestLog.Error(text);
        GuestLog.Warning(text);
        GuestLog.Information(text);
        GuestLog.Debug(text);
        GuestLog.Trace(text);
        return string.Join(' ', Enum.GetValues<GuestLogLevel>().Where(GuestLog.IsEnabled));
    }

    private static async Task Fail(string text)
    {
        await Task.Yield();
        throw new FormatException(text);
    }

    private sealed class FailingException : Exception
    {
        public override string Message => throw new NotSupportedException();

        public override string StackTrace => throw new NotSupportedException();

        public override string ToString() => throw new NotSupportedException();
    }
}
