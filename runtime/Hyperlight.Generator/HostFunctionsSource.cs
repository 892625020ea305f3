using Microsoft.CodeAnalysis.CSharp;

namespace Hyperlight.Generator;

/// <summary>Writes the method that adds an implementation of a host interface to the functions of a host.</summary>
internal static class HostFunctionsSource
{
    private const string Token = "global::System.Threading.CancellationToken";
    private const string ByteMemory = "global::System.ReadOnlyMemory<byte>";

    // The exception for arguments that are not valid. The guest receives its text, which has nothing of the host in it.
    private const string GuestFailure = "global::Hyperlight.GuestVisibleException(error.Message, error)";

    /// <summary>Gets the name of the file.</summary>
    public static string FileName(GuestInterface host) => "Host." + InterfaceFile.Name(host);

    /// <summary>Writes the class with the method.</summary>
    public static string Write(GuestInterface host) => InterfaceFile.Write(
        host,
        [
            $"/// <summary>Adds the functions of {host.Name.TrimStart('@')} to those of a host.</summary>",
            $"internal static class {host.Name}Host",
            "{",
            .. InterfaceFile.Indent(
            [
                "/// <summary>Adds the methods of an object as functions that a guest can call.</summary>",
                "/// <param name=\"functions\">The functions of the host.</param>",
                "/// <param name=\"implementation\">The object. Sandboxes can call the object at the same time.</param>",
                "/// <returns>The functions of the host, for the next function.</returns>",
                "/// <exception cref=\"global::System.ArgumentException\">A function of the same name has already been added.</exception>",
                "public static global::Hyperlight.HostFunctions Add(",
                $"    this global::Hyperlight.HostFunctions functions, {InterfaceFile.TypeOf(host)} implementation)",
                "{",
                .. InterfaceFile.Indent(Body(host)),
                "}",
                .. host.Methods is { } methods ? Codec(methods) : [],
            ]),
            "}",
        ]);

    private static IEnumerable<string> Body(GuestInterface host)
    {
        if (host.Methods is not { } methods)
        {
            yield return "throw new global::System.NotSupportedException();";
            yield break;
        }

        yield return "global::System.ArgumentNullException.ThrowIfNull(functions);";
        yield return "global::System.ArgumentNullException.ThrowIfNull(implementation);";
        HashSet<string> added = new(StringComparer.Ordinal);
        foreach ((GuestMethod method, int number) in methods.Select((method, number) => (method, number)))
        {
            // Of several methods for one function, for example with and without a task, the first serves the guest.
            if (!added.Add(method.Function))
            {
                continue;
            }

            string name = SymbolDisplay.FormatLiteral(method.Function, quote: true);
            string[] lines = method.Form is null ? [Plain(method)] : [.. Binary(method, method.Form, number)];
            string type = DelegateType(method);
            yield return $"functions.Add({name}, new {type}({lines[0]}{(lines.Length == 1 ? "));" : "")}";
            foreach (string line in lines.Skip(1))
            {
                yield return line;
            }
        }

        yield return "return functions;";
    }

    private static string Plain(GuestMethod method)
    {
        string[] names = [.. method.Parameters.Select((_, index) => $"value{index}"), .. method.Token is null ? [] : (string[])["stop"]];
        return $"({string.Join(", ", names)}) => implementation.{method.Name}({string.Join(", ", names)})";
    }

    private static IEnumerable<string> Binary(GuestMethod method, ValueForm form, int number)
    {
        string[] values = [.. form.Parameters.Select((_, index) => $"value{index}")];
        string outs = string.Concat(form.Parameters.Select((type, index) => $", out {type} value{index}"));
        string call = $"implementation.{method.Name}({string.Join(", ", [.. values, .. method.Token is null ? [] : (string[])["stop"]])})";
        string awaited = method.IsAsync ? $"await {call}.ConfigureAwait(false)" : call;
        yield return $"{(method.IsAsync ? "async " : "")}(bytes, stop) =>";
        yield return "{";
        yield return $"    Decode{number}(bytes{outs});";
        yield return form.Result is null ? $"    {awaited};" : $"    return Encode{number}({awaited});";
        yield return "}));";
    }

    private static string DelegateType(GuestMethod method)
    {
        IEnumerable<string> parameters = method.Form is null
            ? [.. method.Parameters.Select(parameter => parameter.Type.CSharp), .. method.Token is null ? [] : (string[])[Token]]
            : [ByteMemory, Token];
        string result = method.Form is { Result: not null }
            ? method.IsAsync ? $"{GuestMethod.TaskType}<byte[]>" : "byte[]"
            : method is { Form: not null, IsAsync: true } ? GuestMethod.TaskType : GuestProxyClass.Result(method);
        string[] types = result == "void" ? [.. parameters] : [.. parameters, result];
        string name = result == "void" ? "Action" : "Func";
        return types.Length == 0 ? $"global::System.{name}" : $"global::System.{name}<{string.Join(", ", types)}>";
    }

    private static IEnumerable<string> Codec(IEnumerable<GuestMethod> methods)
    {
        ValueCodec codec = new(methods);
        IEnumerable<string> ofMethods = methods.SelectMany((method, number) => method.Form is not { } form
            ? []
            : codec.Decoder($"Decode{number}", form, form.Parameters, form.Signature, GuestFailure)
                .Concat(form.Result is { } result ? codec.Encoder($"Encode{number}", [result], signature: null) : []));
        return ofMethods.Concat(codec.Methods());
    }
}
