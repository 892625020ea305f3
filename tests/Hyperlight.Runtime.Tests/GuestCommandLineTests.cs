using Hyperlight.Runtime.Tests.Debugging;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests;

/// <summary>
/// Tests the generated program. The tests replace the standard output of the process, so no other test of this class runs then.
/// </summary>
[Collection(nameof(GuestCommandLineTests))]
[CollectionDefinition(nameof(GuestCommandLineTests), DisableParallelization = true)]
public class GuestCommandLineTests
{
    [KvmFact]
    public void A_call_prints_its_result() => Assert.Equal((0, "Hello, World!\n", ""), Run("hello", "SayHello", "World"));

    [KvmFact]
    public void Arguments_have_the_types_they_look_like()
    {
        Assert.Equal((0, "-5\n", ""), Run("hello", "EchoInt", "-5"));
        Assert.Equal((0, "5\n", ""), Run("hello", "EchoULong", "5UL"));
        Assert.Equal((0, "0aff\n", ""), Run("hello", "EchoBytes", "bytes:0aff"));
        Assert.Equal((0, "5\n", ""), Run("hello", "EchoString", "string:5"));
    }

    [KvmFact]
    public void Nothing_prints_nothing() => Assert.Equal((0, "", ""), Run("hello", "Nothing"));

    [KvmFact]
    public void What_the_guest_prints_goes_to_standard_output() => Assert.Equal((0, "text4\n", ""), Run("hello", "Print", "text"));

    [KvmFact]
    public void All_that_a_guest_prints_is_out_when_the_call_returns_however_slow_the_reader_is()
    {
        using TestGuest guest = new("hello");
        using ManualResetEventSlim returned = new();
        using SlowWriter writer = new(returned);
        TextWriter error = Console.Error;
        Console.SetError(writer);
        string text;
        try
        {
            Assert.Equal(0, GuestCommandLine.Run(guest.Image, ["DebugPrint", "one\ntwo\n"]));
            text = writer.ToString();
        }
        finally
        {
            returned.Set();
            Console.SetError(error);
        }

        Assert.Equal("one\ntwo\n", text);
    }

    [KvmFact]
    public void A_failing_call_says_why_in_one_line()
    {
        (int code, string output, string error) = Run("misbehave", "Abort", "7", "two\nlines\u001b[31m\u202E");

        Assert.Equal((1, "", "The guest aborted with code 7: two lines [31m \n"), (code, output, error));
    }

    [KvmFact]
    public void A_guest_that_runs_once_gives_its_exit_code()
    {
        Assert.Equal((0, "", ""), Run("hello32", "--run"));
        using TestGuest guest = BareGuest.Flat(0xB8, 3, 7, (byte)'n', (byte)'o', 0x66, 0xBA, 102, 0, 0xEF, 0xB8, 1, 0xFF, 0, 0, 0xEF);
        Assert.Equal((7, "", "no\n"), Run(guest, "--run"));
        using TestGuest fault = BareGuest.Flat(0x0F, 0x0B);
        Assert.Equal(1, Run(fault, "--run").Code);
    }

    [KvmFact]
    public void A_wrong_argument_is_a_wrong_command_line()
    {
        (int code, _, string error) = Run("hello", "EchoBytes", "bytes:x");

        Assert.Equal(2, code);
        Assert.Contains("bytes:x", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_names_the_guest_and_every_way_to_write_an_argument()
    {
        (int code, string output, _) = Run("hello", "--help");

        Assert.Equal(0, code);
        Assert.All(
            ["hello", "123UL", "1.5f", "bytes:0a0b", "string:123", "0x1F", "--gdb[=PLACE]", "1234"],
            text => Assert.Contains(text, output, StringComparison.Ordinal));
        Assert.Equal((2, output), (Run("hello").Code, Run("hello").Output));
    }

    [KvmTheory(Needs.Kvm)]
    [InlineData("5\n", "EchoInt", "5")]
    [InlineData("", "--run")]
    public async Task A_guest_waits_for_the_debugger_that_the_first_argument_asks_for(string output, params string[] rest)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hl-gdb-");
        string place = Path.Combine(folder.FullName, "s");
        try
        {
            Task<(int, string, string)> run = Task.Run(() => Run(rest is ["--run"] ? "hello32" : "hello", [$"--gdb={place}", .. rest]));
            using GdbClient gdb = GdbClient.Connect(place);
            Assert.False(run.IsCompleted);
            gdb.Send("c");

            Assert.Equal((0, output, $"The guest waits for gdb: target remote {place}\n"), await run);
            Assert.Equal("W00", gdb.Receive());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("--gdb", "--gdb needs a function")]
    [InlineData("--gdb=1234", "--gdb needs a function")]
    [InlineData("--gdb=", "--gdb=: a port", "Nothing")]
    [InlineData("--gdb=0", "--gdb=0: a port", "Nothing")]
    [InlineData("--gdb=65536", "1 to 65535", "Nothing")]
    [InlineData("--gdb=-1", "the path of a socket", "Nothing")]
    [InlineData("--gdb=99999999999", "a port", "Nothing")]
    [InlineData("--gdb=127.0.0.1:1234", "a port of this computer", "Nothing")]
    [InlineData("--gdb=localhost:1234", "a port of this computer", "Nothing")]
    [InlineData("--gdb=:1234", "a port of this computer", "Nothing")]
    public void A_place_for_a_debugger_that_cannot_be_is_a_wrong_command_line(string option, string part, params string[] rest)
    {
        (int code, string output, string error) = Run("hello", [option, .. rest]);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains(part, Assert.Single(error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Run(string name, params string[] args)
    {
        using TestGuest guest = new(name);
        return Run(guest, args);
    }

    private static (int Code, string Output, string Error) Run(TestGuest guest, params string[] args)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using StringWriter newOutput = new();
        using StringWriter newError = new();
        Console.SetOut(newOutput);
        Console.SetError(newError);
        try
        {
            return (GuestCommandLine.Run(guest.Image, args), newOutput.ToString(), newError.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    /// <summary>
    /// A writer that blocks at its first text until the program goes on, at most 1.5 seconds, as a pipe to a pager can do.
    /// </summary>
    private sealed class SlowWriter(ManualResetEventSlim returned) : StringWriter
    {
        private bool _isOpen;

        public override void Write(string? value)
        {
            if (!_isOpen)
            {
                _isOpen = true;
                returned.Wait(TimeSpan.FromSeconds(1.5));
            }

            base.Write(value);
        }
    }
}
