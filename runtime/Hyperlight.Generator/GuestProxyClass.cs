using Microsoft.CodeAnalysis.CSharp;

namespace Hyperlight.Generator;

/// <summary>Writes the class that implements a guest interface by calls of a sandbox.</summary>
internal static class GuestProxyClass
{
    private const string ByteMemory = "global::System.ReadOnlyMemory<byte>";

    /// <summary>Gets the lines of the class after a line that is empty; no lines if the interface has a problem.</summary>
    public static IEnumerable<string> Lines(GuestInterface guest)
    {
        if (guest.Methods is not { } methods)
        {
            yield break;
        }

        string type = InterfaceFile.TypeOf(guest);
        yield return "";
        yield return $"private sealed class {GuestProxySource.ProxyName} : {type}";
        yield return "{";
        yield return "    private readonly global::Hyperlight.Sandbox _sandbox;";
        yield return "";
        yield return $"    internal {GuestProxySource.ProxyName}(global::Hyperlight.Sandbox sandbox)";
        yield return "    {";
        yield return "        global::System.ArgumentNullException.ThrowIfNull(sandbox);";
        yield return "        _sandbox = sandbox;";
        yield return "    }";
        foreach ((GuestMethod method, int number) in methods.Select((method, number) => (method, number)))
        {
            bool awaits = method is { Form.Result: not null, IsAsync: true };
            yield return "";
            yield return $"    {(awaits ? "async " : "")}{Result(method)} {type}.{method.Name}({Parameters(method)}) =>";
            string call = method.Form is null ? Call(method) : BinaryCall(method, number);
            // Sandbox.CallAsync returns a Task, of which an asynchronous method makes what it returns.
            yield return $"        {(!awaits && method.Task == GuestMethod.ValueTaskType ? $"new {Result(method)}({call})" : call)};";
        }

        foreach (string line in InterfaceFile.Indent(Codec(methods)))
        {
            yield return line;
        }

        yield return "}";
    }

    /// <summary>Gets the type that a method returns.</summary>
    public static string Result(GuestMethod method) => method switch
    {
        { IsAsync: false } => method.Result.CSharp,
        { Result: var result } when result == WireType.Void => method.Task!,
        _ => $"{method.Task}<{method.Result.CSharp}>",
    };

    /// <summary>Gets the declarations of a method's parameters.</summary>
    public static string Parameters(GuestMethod method)
    {
        IEnumerable<string> parameters = method.Parameters.Select(parameter => $"{parameter.Type.CSharp} {parameter.Name}");
        return string.Join(
            ", ", method.Token is null ? parameters : [.. parameters, $"global::System.Threading.CancellationToken {method.Token}"]);
    }

    // The call starts with "this.", because a parameter can have the name _sandbox.
    private static string Call(GuestMethod method)
    {
        string call = (method.IsAsync ? "CallAsync" : "Call") + (method.Result == WireType.Void ? "" : $"<{method.Result.CSharp}>");
        return $"this._sandbox.{call}({string.Join(", ", [.. Head(method), .. method.Parameters.Select(parameter => parameter.Name)])})";
    }

    private static string BinaryCall(GuestMethod method, int number)
    {
        string request = $"this.Request{number}({string.Join(", ", method.Parameters.Select(parameter => parameter.Name))})";
        string arguments = string.Join(", ", [.. Head(method), request]);
        return method switch
        {
            { Form.Result: null, IsAsync: false } => $"this._sandbox.Call({arguments})",
            { Form.Result: null } => $"this._sandbox.CallAsync({arguments})",
            { IsAsync: false } => $"this.Result{number}(this._sandbox.Call<{ByteMemory}>({arguments}))",
            _ => $"this.Result{number}(await this._sandbox.CallAsync<{ByteMemory}>({arguments}).ConfigureAwait(false))",
        };
    }

    private static IEnumerable<string> Head(GuestMethod method)
    {
        yield return SymbolDisplay.FormatLiteral(method.Function, quote: true);
        if (method.Token is not null)
        {
            yield return $"new global::Hyperlight.CallOptions {{ CancellationToken = {method.Token} }}";
        }
    }

    private static IEnumerable<string> Codec(IEnumerable<GuestMethod> methods)
    {
        ValueCodec codec = new(methods);
        foreach ((GuestMethod method, int number) in methods.Select((method, number) => (method, number)))
        {
            if (method.Form is not { } form)
            {
                continue;
            }

            // A parameter of the interface's method can have the name of a static method. "this." reaches the method in any case.
            string[] values = [.. form.Parameters.Select((_, index) => $"value{index}")];
            string parameters = string.Join(", ", form.Parameters.Select((type, index) => $"{type} value{index}"));
            yield return "";
            yield return $"private byte[] Request{number}({parameters}) => Encode{number}({string.Join(", ", values)});";
            foreach (string line in codec.Encoder($"Encode{number}", form.Parameters, form.Signature))
            {
                yield return line;
            }

            string failure = $"global::Hyperlight.GuestProtocolException.ForResult(\"{form.FullName}\", exception)";
            foreach (string line in codec.ResultDecoder(number, form, "private", failure))
            {
                yield return line;
            }
        }

        foreach (string line in codec.Methods())
        {
            yield return line;
        }
    }
}
