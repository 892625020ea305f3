using System.Text;
using Hyperlight.Protocol;

namespace Hyperlight;

/// <summary>Serves a guest's calls of host functions. One sandbox uses it, one call at a time; a call with scalar values allocates nothing.</summary>
internal sealed class HostFunctionTable
{
    // An exception's message can be of any length; what a guest shows of it need not be.
    private const int MaxErrorLength = 1024;

    private readonly Dictionary<byte[], HostFunction>.AlternateLookup<ReadOnlySpan<byte>> _functions;
    private readonly GuestValue[] _arguments;

    public HostFunctionTable(IReadOnlyDictionary<string, HostFunction> functions)
    {
        _functions = functions
            .ToDictionary(pair => Encoding.UTF8.GetBytes(pair.Key), pair => pair.Value, new Utf8NameComparer())
            .GetAlternateLookup<ReadOnlySpan<byte>>();
        _arguments = new GuestValue[functions.Values.Max(function => (int?)function.Parameters.Length) ?? 0];
    }

    /// <summary>Runs the function that a message calls and writes the answer. Only the name decides which one (amd64 sheet, section 5.6).</summary>
    /// <param name="request">The call, in memory the guest cannot reach.</param>
    /// <param name="reply">Receives the result, or error 17 and why.</param>
    /// <returns>The length of the answer; greater than that of <paramref name="reply"/> when it did not fit.</returns>
    /// <exception cref="GuestProtocolException">The call is malformed.</exception>
    public long Serve(ReadOnlySpan<byte> request, Span<byte> reply)
    {
        FunctionCallMessage call = FunctionCallMessage.Read(request);
        if (!_functions.TryGetValue(call.Name, out HostFunction? function))
        {
            return WriteError(reply, $"HostFunction {Encoding.UTF8.GetString(call.Name)} was not found");
        }

        if (call.ParameterCount != function.Parameters.Length)
        {
            return WriteError(
                reply, $"HostFunction {Encoding.UTF8.GetString(call.Name)} takes {function.Parameters.Length} arguments, the call has {call.ParameterCount}");
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
                        reply,
                        $"HostFunction {Encoding.UTF8.GetString(call.Name)} takes {expected} as argument {i + 1}, the call has {arguments[i].Kind}");
                }
            }

            return Answer(function, arguments, reply);
        }
        finally
        {
            arguments.Clear();
        }
    }

    private static long Answer(HostFunction function, ReadOnlySpan<GuestValue> arguments, Span<byte> reply)
    {
        GuestValue result;
        try
        {
            result = function.Handler(arguments);
        }
#pragma warning disable CA1031 // Whatever a host function throws is the guest's to hear of: that is the contract.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return WriteError(reply, exception.Message);
        }

        return function.ReturnType is { } expected && expected != result.Kind
            ? WriteError(reply, $"The host function returned {result.Kind} instead of {expected}")
            : FunctionResultMessage.Write(reply, result);
    }

    private static long WriteError(Span<byte> reply, string text) => FunctionResultMessage.WriteError(
        reply, GuestErrorCode.HostFunctionError, text.Length <= MaxErrorLength ? text : text[..MaxErrorLength]);
}
