using System.Threading.Channels;

namespace Hyperlight.Conformance.Checks;

internal static class ChannelChecks
{
    public static Area Area => new("channels")
    {
        { "unbounded", async () => await SumAsync(Channel.CreateUnbounded<int>(), 100) },
        { "bounded", async () => await SumAsync(Channel.CreateBounded<int>(3), 100) },
        {
            "one reader, one writer",
            async () => await SumAsync(Channel.CreateUnbounded<int>(new() { SingleReader = true, SingleWriter = true }), 50)
        },
        { "prioritized", async () => await OrderAsync(Channel.CreateUnboundedPrioritized<int>()) },
        {
            "drop oldest",
            async () => await OrderAsync(Full(BoundedChannelFullMode.DropOldest))
        },
        {
            "drop write",
            async () => await OrderAsync(Full(BoundedChannelFullMode.DropWrite))
        },
        {
            "closed with an error", async () =>
            {
                Channel<int> c = Channel.CreateUnbounded<int>();
                c.Writer.Complete(new InvalidDataException());
                return await c.Reader.ReadAsync();
            }
        },
        {
            "write after completion", () =>
            {
                Channel<int> c = Channel.CreateUnbounded<int>();
                c.Writer.Complete();
                return c.Writer.TryWrite(1);
            }
        },
        {
            "full", () =>
            {
                Channel<int> c = Channel.CreateBounded<int>(1);
                return $"{c.Writer.TryWrite(1)} {c.Writer.TryWrite(2)} {c.Reader.Count}";
            }
        },
        { "many writers", async () => await ManyWritersAsync() },
    };

    private static Channel<int> Full(BoundedChannelFullMode mode) =>
        Channel.CreateBounded<int>(new BoundedChannelOptions(2) { FullMode = mode });

    private static async Task<int> SumAsync(Channel<int> channel, int count)
    {
        Task writer = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                await channel.Writer.WriteAsync(i);
            }
            channel.Writer.Complete();
        });
        int sum = 0;
        await foreach (int number in channel.Reader.ReadAllAsync())
        {
            sum += number;
        }
        await writer;
        return sum;
    }

    private static async Task<object?> OrderAsync(Channel<int> channel)
    {
        foreach (int number in (int[])[3, 1, 2])
        {
            await channel.Writer.WriteAsync(number);
        }
        channel.Writer.Complete();
        return await channel.Reader.ReadAllAsync().ToListAsync();
    }

    private static async Task<int> ManyWritersAsync()
    {
        Channel<int> channel = Channel.CreateBounded<int>(4);
        Task writers = Task.WhenAll(Enumerable.Range(1, 8).Select(i => Task.Run(async () => await channel.Writer.WriteAsync(i))));
        Task close = writers.ContinueWith(_ => channel.Writer.Complete(), TaskScheduler.Default);
        int sum = await channel.Reader.ReadAllAsync().SumAsync();
        await close;
        return sum;
    }
}
