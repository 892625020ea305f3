using System.Diagnostics;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Pool;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// Tests the text that guests print. No other tests run at the same time, because one test uses the console of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class PrintTests
{
    [KvmFact]
    public void Nothing_is_printed_unless_the_program_says_where()
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using StringWriter console = new();
        try
        {
            Console.SetOut(console);
            Console.SetError(console);
            using TestGuest guest = new("hello");
            using Sandbox sandbox = guest.Image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken);

            Assert.Equal(5, sandbox.Call<int>("Print", "text\n"));
            sandbox.Call("DebugPrint", "text\n");
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }

        Assert.Empty(console.ToString());
    }

    [KvmFact]
    public void A_writer_that_blocks_holds_up_no_call_no_other_sandbox_and_no_disposal()
    {
        using BlockingWriter writer = new();
        using TestGuest guest = new("hello");
        using (Sandbox first = Start(guest, writer))
        using (Sandbox second = Start(guest, writer))
        {
            Stopwatch watch = Stopwatch.StartNew();
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(2, first.Call<int>("Print", new CallOptions { Timeout = TimeSpan.FromSeconds(5) }, $"{i}\n"));
                Assert.Equal(2, second.Call<int>("Print", $"{i}\n"));
            }

            // The first call waits one second for the writer. Later calls do not wait.
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
            Assert.Equal(SandboxState.Ready, first.State);
        }

        writer.Release();
        Assert.True(SpinWait.SpinUntil(() => writer.Text == "0\n0\n1\n1\n2\n2\n", PoolGuest.Patience), writer.Text);
    }

    [KvmFact]
    public void A_timeout_holds_while_the_writer_blocks()
    {
        using BlockingWriter writer = new();
        using TestGuest guest = new("hello");
        using Sandbox sandbox = Start(guest, writer);
        Stopwatch watch = Stopwatch.StartNew();

        sandbox.Call<int>("Print", new CallOptions { Timeout = TimeSpan.FromMilliseconds(300) }, "x\n");

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromMilliseconds(900));
        writer.Release();
    }

    [KvmFact]
    public void A_call_prints_as_much_as_it_may_and_the_log_says_what_was_dropped()
    {
        using StringWriter writer = new();
        RecordingLogger logger = new();
        using TestGuest guest = new("hello");
        using Sandbox sandbox = Start(guest, writer, options => (options.Logger, options.MaxPrintedSizePerCall) = (logger, 10));

        sandbox.Call<int>("Print", "12345");
        Assert.Equal(11, sandbox.Call<int>("Print", "12345678901"));
        sandbox.Call("DebugPrint", "a\nb\nc\nd\ne\nf\n");
        sandbox.Call<int>("Print", "1234567890");

        Assert.Equal("12345a\nb\nc\nd\ne\n1234567890", writer.ToString());
        Assert.Equal([11L, 2L], logger.Entries.Select(entry => entry.Fields["dropped_size"]));
        Assert.All(logger.Entries, entry => Assert.Equal((6, 10L), (entry.Event.Id, entry.Fields["print_limit"])));
    }

    [KvmFact]
    public void Nothing_that_moves_a_terminal_s_cursor_gets_through()
    {
        using StringWriter writer = new();
        using TestGuest guest = new("hello");
        using Sandbox sandbox = Start(guest, writer);

        sandbox.Call<int>("Print", "\e[2Jred\r\nüber\ttab\r\u202Ex\n");

        Assert.Equal(" [2Jred\nüber\ttab  x\n", writer.ToString());
    }

    [KvmFact]
    public void A_writer_that_throws_fails_no_call_and_the_log_says_why()
    {
        RecordingLogger logger = new();
        StringWriter closed = new();
        closed.Dispose();
        using TestGuest guest = new("hello");
        using Sandbox sandbox = Start(guest, closed, options => options.Logger = logger);

        Assert.Equal(1, sandbox.Call<int>("Print", "x"));

        Assert.StartsWith(
            nameof(ObjectDisposedException),
            Assert.IsType<string>(Assert.Single(logger.Entries).Fields["print_failure"]),
            StringComparison.Ordinal);
    }

    private static Sandbox Start(TestGuest guest, TextWriter writer, Action<SandboxOptions>? configure = null) => guest.Start(options =>
    {
        (options.Print, options.DebugPrint) = (writer, writer);
        configure?.Invoke(options);
    });

    /// <summary>A writer that blocks until it is released, as a pipe does that nobody reads.</summary>
    private sealed class BlockingWriter : StringWriter
    {
        private readonly ManualResetEventSlim _released = new();

        public string Text
        {
            get
            {
                lock (_released)
                {
                    return ToString();
                }
            }
        }

        public void Release() => _released.Set();

        public override void Write(string? value)
        {
            _released.Wait();
            lock (_released)
            {
                base.Write(value);
            }
        }
    }
}
