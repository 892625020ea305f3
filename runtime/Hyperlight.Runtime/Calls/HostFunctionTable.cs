using System.Security.Cryptography;
using System.Text;
using Hyperlight.Functions;
using Hyperlight.Printing;
using Hyperlight.Protocol;
using Hyperlight.Telemetry;

namespace Hyperlight.Calls;

/// <summary>
/// Serves a guest's calls of host functions. One sandbox uses the table, for one call at a time. A call with scalar values allocates
/// nothing.
/// </summary>
internal sealed class HostFunctionTable
{
    private const int IdentifierSize = 8;

    private readonly OfferedFunctions _functions;
    private readonly string _guest;
    private readonly GuestLog _log;

    // The arguments of the current call. The array grows to the greatest number of parameters of the functions that were called so far.
    private GuestValue[] _arguments = [];

    // The exception of the last function that failed, and the identifier by which the guest can name the exception.
    private (string Identifier, Exception Exception)? _failure;

    /// <param name="guest">The guest's name.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="log">The log that receives the exceptions that the guest must not read.</param>
    public HostFunctionTable(string guest, OfferedFunctions functions, GuestLog log)
    {
        _guest = guest;
        _log = log;
        _functions = functions;
    }

    /// <summary>
    /// Runs the function that a message calls and writes the answer. The name alone selects the function (amd64 sheet, section 5.6).
    /// </summary>
    /// <param name="request">The call, in memory that the guest cannot reach.</param>
    /// <param name="reply">Receives the result, or error 17 with the reason.</param>
    /// <param name="stop">The signal that the call was stopped.</param>
    /// <returns>The length of the answer in bytes; greater than the length of <paramref name="reply"/> if the answer did not fit.</returns>
    /// <exception cref="GuestProtocolException">The call is malformed.</exception>
    public long Serve(ReadOnlySpan<byte> request, Span<byte> reply, StopSignal stop)
    {
        FunctionCallMessage call = FunctionCallMessage.Read(request);
        if (!_functions.TryFind(call.Name, out string? name, out HostFunction? function))
        {
            return WriteError(reply, $"HostFunction {Encoding.UTF8.GetString(call.Name)} was not found");
        }

        if (call.ParameterCount != function.Parameters.Length)
        {
            return WriteError(
                reply, $"HostFunction {name} takes {function.Parameters.Length} arguments, the call has {call.ParameterCount}");
        }

        if (_arguments.Length < call.ParameterCount)
        {
            _arguments = new GuestValue[call.ParameterCount];
        }

        Span<GuestValue> arguments = _arguments.AsSpan(0, call.ParameterCount);
        try
        {
            for (int i = 0; i < arguments.Length; i++)
            {
                arguments[i] = call.Parameter(i);
                if (function.Parameters[i] is { } expected && expected != arguments[i].Kind)
                {
                    return WriteError(
                        reply, $"HostFunction {name} takes {expected} as argument {i + 1}, the call has {arguments[i].Kind}");
                }
            }

            return Answer(name, function, reply, stop);
        }
        finally
        {
            arguments.Clear();
        }
    }

    private long Answer(string name, HostFunction function, Span<byte> reply, StopSignal stop)
    {
        Operation call = Operation.HostCall(_guest, name);
        GuestValue result;
        try
        {
            result = function.ReturnsTask ? RunAlone(function, stop) : Run(function, stop);
            call.End(failure: null);
        }
#pragma warning disable CA1031 // The guest receives an error for every exception of a host function.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            call.End(exception);
            return WriteError(reply, exception switch
            {
                GuestVisibleException => ExceptionText.Of(exception),
                // The guest never reads this text: the call ends before the guest goes on.
                OperationCanceledException when stop.IsSet => "The call was stopped",
                _ => Conceal(name, exception),
            });
        }

        return function.ReturnType is { } expected && expected != result.Kind
            ? WriteError(reply, $"The host function returned {result.Kind} instead of {expected}")
            : FunctionResultMessage.Write(reply, result);
    }

    private GuestValue Run(HostFunction function, StopSignal stop) => function.Body(_arguments.AsSpan(0, function.Parameters.Length), stop);

    // This thread waits for the function's task. So the code behind an await must not need this thread, as it would in the context or
    // scheduler of a user interface. Without a context, and inside a task of the default scheduler, the code runs on the thread pool.
    private GuestValue RunAlone(HostFunction function, StopSignal stop)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Task<GuestValue> run = new(() => Run(function, stop));
            run.RunSynchronously(TaskScheduler.Default);
            return run.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>
    /// Gets the exception of the host function whose failure a guest's text names; <c>null</c> if the text names no failure.
    /// </summary>
    public Exception? FailureNamedIn(string guestMessage) =>
        _failure is { } failure && guestMessage.Contains(failure.Identifier, StringComparison.Ordinal) ? failure.Exception : null;

    /// <summary>Forgets the exception of the last function that failed. To be called before each call.</summary>
    public void ForgetFailure() => _failure = null;

    // The text of an exception may contain paths and passwords of the host.
    private string Conceal(string name, Exception exception)
    {
        string identifier = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdentifierSize));
        _failure = (identifier, exception);
        _log.AddHostFailure(name, identifier, exception);
        return $"HostFunction {name} failed: the host's log says why under {identifier}";
    }

    private static long WriteError(Span<byte> reply, string text) =>
        FunctionResultMessage.WriteError(reply, GuestErrorCode.HostFunctionError, text);
}
