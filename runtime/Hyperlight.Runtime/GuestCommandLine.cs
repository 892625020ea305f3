using System.ComponentModel;
using System.Globalization;
using Hyperlight.CommandLine;
using Hyperlight.Diagnostics;
using Hyperlight.Printing;

namespace Hyperlight;

/// <summary>The command line of a project that has guests but no C# of its own: <c>dotnet run -- SayHello World</c>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class GuestCommandLine
{
    private const int Succeeded = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    private const string DebuggerOption = "--gdb";
    private const int DebuggerPort = 1234;

    /// <summary>
    /// Starts a guest and calls one of its functions, or only runs the guest. The result of the function, and what the guest prints, go to
    /// standard output.
    /// </summary>
    /// <param name="image">The image of the guest.</param>
    /// <param name="args">
    /// The name of the function and its arguments; <c>--run</c> to run a guest that does all its work in its initialisation; nothing or
    /// <c>--help</c> to print the usage. After <c>--gdb</c> in front of them, the guest waits for a debugger.
    /// </param>
    /// <returns>
    /// The exit code: 0; 1 if the call failed, with one line on standard error that says why; 2 if the command line is wrong. With
    /// <c>--run</c> the exit code of the guest.
    /// </returns>
    public static int Run(GuestImage image, string[] args)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(args);
        if (args is [] or ["--help" or "-h" or "-?"])
        {
            Console.Out.WriteLine(Usage(OneLine.Of(image.Name)));
            return args.Length == 0 ? Misused : Succeeded;
        }

        GuestDebugger? debugger;
        GuestValue[] arguments;
        try
        {
            debugger = FindDebugger(ref args);
            arguments = [.. args.Skip(1).Select(ArgumentReader.Read)];
        }
        catch (FormatException exception)
        {
            return Fail(exception, Misused);
        }

        if (debugger is not null)
        {
            Console.Error.WriteLine($"The guest waits for gdb: target remote {debugger}");
        }

        void Configure(SandboxOptions options)
        {
            (options.Print, options.DebugPrint, options.Debugger) = (Console.Out, Console.Error, debugger);
            if (debugger is not null)
            {
                (options.CallTimeout, options.StartTimeout) = (Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        return Try(() => args is ["--run"] ? RunOnce(image, Configure) : Call(image, Configure, args[0], arguments));
    }

    // Takes "--gdb", "--gdb=PORT" or "--gdb=SOCKET" away from the front of the arguments.
    private static GuestDebugger? FindDebugger(ref string[] args)
    {
        string[] parts = args[0].Split('=', 2);
        if (parts[0] != DebuggerOption)
        {
            return null;
        }

        args = args.Length > 1 ? args[1..] : throw new FormatException($"{DebuggerOption} needs a function behind it, or --run.");
        return parts.Length == 1 ? new(DebuggerPort) : ReadPlace(parts[1]);
    }

    private static GuestDebugger ReadPlace(string place)
    {
        if (ushort.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0)
        {
            return new(port);
        }

        // A number or "HOST:PORT" is a mistake rather than the name of a file.
        bool isPath = place.Contains(Path.DirectorySeparatorChar) || (place.Any(char.IsLetter) && !place.Contains(':'));
        return isPath
            ? new(place)
            : throw new FormatException(
                $"{DebuggerOption}={place}: a port of this computer, 1 to {ushort.MaxValue}, or the path of a socket is needed.");
    }

    private static int Call(GuestImage image, Action<SandboxOptions> configure, string function, GuestValue[] arguments)
    {
        using Sandbox sandbox = Printed(() => image.CreateSandbox(configure));
        GuestValue result = Printed(() => sandbox.Call<GuestValue>(function, arguments));
        if (result.Kind != GuestValueKind.Void)
        {
            Console.Out.WriteLine(result);
        }

        return Succeeded;
    }

    private static int RunOnce(GuestImage image, Action<SandboxOptions> configure)
    {
        GuestExit exit = Printed(() => image.Run(configure));
        if (exit.Message.Length > 0)
        {
            Console.Error.WriteLine(OneLine.Of(exit.Message));
        }

        return exit.Code;
    }

    // The text of the guest comes before the lines of the program, and the program does not end before all of the text is written.
    private static T Printed<T>(Func<T> run)
    {
        try
        {
            return run();
        }
        finally
        {
            PrintQueue.Of(Console.Out).Flush();
            PrintQueue.Of(Console.Error).Flush();
        }
    }

    private static int Try(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is HyperlightException or TimeoutException or ArgumentException or IOException)
        {
            return Fail(exception, Failed);
        }
    }

    private static int Fail(Exception exception, int code)
    {
        Console.Error.WriteLine(OneLine.Of(exception.Message)); // A message can quote the guest.
        return code;
    }

    private static string Usage(string name) => $"""
        Calls a function of the guest {name}, for example: SayHello World

        usage: FUNCTION [ARGUMENT...]
               --run                runs it without a call and exits with its code
               --gdb[=PLACE] ...    waits for gdb at a port (1234) or socket, then does the rest

        An argument has the type of the C# literal it looks like, and is text otherwise:
          123  -5  0x1F       int (uint, long or ulong when it is too large)
          123u  123L  123UL   uint, long, ulong
          1.5  1e9  2d        double
          1.5f                float
          true  false         bool
          bytes:0a0b          bytes, as hexadecimal digits
          string:123  '"1"'   text, whatever it looks like

        Bytes are printed as hexadecimal digits.
        Exit codes: 0 success, 1 the call failed, 2 the command line is wrong; with --run the guest's.
        """;
}
