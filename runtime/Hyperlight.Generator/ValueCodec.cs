namespace Hyperlight.Generator;

/// <summary>Writes the code that turns the values of an interface into bytes and back.</summary>
internal sealed class ValueCodec
{
    private const string Writer = "ref global::Hyperlight.Values.ValueWriter writer";
    private const string Reader = "ref global::Hyperlight.Values.ValueReader reader";

    private readonly List<ValueShape> _shapes = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <summary>Creates the code for some methods.</summary>
    public ValueCodec(IEnumerable<GuestMethod> methods)
    {
        foreach (ValueShape shape in methods.Where(method => method.Form is not null).SelectMany(method => method.Form!.Shapes))
        {
            if (!_numbers.ContainsKey(shape.CSharp))
            {
                _numbers.Add(shape.CSharp, _shapes.Count);
                _shapes.Add(shape);
            }
        }
    }

    /// <summary>Gets whether a method has values of these types.</summary>
    public bool IsEmpty => _shapes.Count == 0;

    /// <summary>Gets the static methods that write and read each type.</summary>
    public IEnumerable<string> Methods() => _shapes.SelectMany(MethodsOf);

    /// <summary>Gets a method that returns the bytes of some values.</summary>
    /// <param name="name">The name of the method.</param>
    /// <param name="types">The keys of the types of the values.</param>
    /// <param name="signature">The signature to write first; <c>null</c> for a result.</param>
    /// <param name="visibility">Who can call the method.</param>
    public IEnumerable<string> Encoder(string name, IEnumerable<string> types, ulong? signature, string visibility = "private")
    {
        string[] keys = [.. types];
        yield return "";
        yield return $"{visibility} static byte[] {name}({string.Join(", ", keys.Select((key, index) => $"{key} value{index}"))})";
        yield return "{";
        yield return "    global::Hyperlight.Values.ValueWriter writer = default;";
        if (signature is { } number)
        {
            yield return $"    writer.WriteSignature(0x{number:X16});";
        }

        for (int index = 0; index < keys.Length; index++)
        {
            yield return $"    {Write(keys[index], $"value{index}")};";
        }

        yield return "    return writer.ToArray();";
        yield return "}";
    }

    /// <summary>Gets a method that reads some values from bytes.</summary>
    /// <param name="name">The name of the method.</param>
    /// <param name="form">The method that is called, for messages.</param>
    /// <param name="types">The keys of the types of the values.</param>
    /// <param name="signature">The signature that comes first; <c>null</c> for a result.</param>
    /// <param name="failure">
    /// The exception for bytes that are not valid, with the ValueFormatException <c>error</c> as its cause; <c>null</c> to throw that one.
    /// </param>
    public IEnumerable<string> Decoder(string name, ValueForm form, IEnumerable<string> types, ulong? signature, string? failure = null)
    {
        string[] keys = [.. types];
        IEnumerable<string> values = keys.Select((key, index) => $", out {key} value{index}");
        yield return "";
        yield return $"private static void {name}(global::System.ReadOnlyMemory<byte> bytes{string.Concat(values)})";
        yield return "{";
        string[] body =
        [
            $"global::Hyperlight.Values.ValueReader reader = new(bytes.Span, \"{form.FullName}\");",
            .. signature is { } number ? [$"reader.ReadSignature(0x{number:X16});"] : (string[])[],
            .. keys.Select((key, index) => $"value{index} = {Read(key)};"),
            "reader.ReadEnd();",
        ];
        string[] guarded =
        [
            "try",
            "{",
            .. body.Select(Indented),
            "}",
            "catch (global::Hyperlight.Values.ValueFormatException error)",
            "{",
            $"    throw new {failure};",
            "}",
        ];
        foreach (string line in failure is null ? body : guarded)
        {
            yield return Indented(line);
        }

        yield return "}";
    }

    /// <summary>Gets a method that reads the result from bytes, and the method that the former calls.</summary>
    /// <param name="number">The number of the method. The methods are called Result and Decode with the number.</param>
    /// <param name="form">The method that is called.</param>
    /// <param name="modifiers">The modifiers of the method.</param>
    /// <param name="failure">
    /// The exception for a result that is not valid, made from <c>exception</c>; <c>null</c> to let the cause through. The cause can be
    /// any exception, because constructors of the user's types run on the values.
    /// </param>
    public IEnumerable<string> ResultDecoder(int number, ValueForm form, string modifiers, string? failure = null)
    {
        if (form.Result is not { } result)
        {
            return [];
        }

        string[] read = [$"Decode{number}(bytes, out {result} value);", "return value;"];
        string[] body = failure is null
            ? read
            :
            [
                "try",
                "{",
                .. read.Select(Indented),
                "}",
                "catch (global::System.Exception exception)",
                "{",
                $"    throw {failure};",
                "}",
            ];
        return
        [
            "",
            $"{modifiers} {result} Result{number}(global::System.ReadOnlyMemory<byte> bytes)",
            "{",
            .. body.Select(Indented),
            "}",
            .. Decoder($"Decode{number}", form, [result], signature: null),
        ];
    }

    private string Write(string key, string value) => _shapes[_numbers[key]] switch
    {
        { Kind: ValueKind.Primitive } => $"writer.Write({value})",
        { Kind: ValueKind.Enum, Cast: var cast } => $"writer.Write(({cast}){value})",
        _ => $"Write{_numbers[key]}(ref writer, {value})",
    };

    private string Read(string key) => _shapes[_numbers[key]] switch
    {
        { Kind: ValueKind.Primitive, Method: var method } => $"reader.Read{method}()",
        { Kind: ValueKind.Enum, Method: var method } => $"({key})reader.Read{method}()",
        _ => $"Read{_numbers[key]}(ref reader)",
    };

    private int SmallestSize(string key) => _shapes[_numbers[key]].SmallestSize;

    private IEnumerable<string> MethodsOf(ValueShape shape)
    {
        if (shape.Kind is ValueKind.Primitive or ValueKind.Enum)
        {
            return [];
        }

        int number = _numbers[shape.CSharp];
        return
        [
            "",
            $"private static void Write{number}({Writer}, {shape.CSharp} value)",
            "{",
            .. WriteBody(shape).Select(Indented),
            "}",
            "",
            $"private static {shape.CSharp} Read{number}({Reader})",
            "{",
            .. ReadBody(shape).Select(Indented),
            "}",
        ];
    }

    private IEnumerable<string> WriteBody(ValueShape shape)
    {
        string first = shape.Parts.First();
        const string notNull = "global::System.ArgumentNullException.ThrowIfNull(value);";
        return shape.Kind switch
        {
            ValueKind.NullableValue =>
                ["writer.Write(value.HasValue);", "if (value.HasValue)", "{", $"    {Write(first, "value.Value")};", "}"],
            ValueKind.NullableReference =>
                ["writer.Write(value is not null);", "if (value is not null)", "{", $"    {Write(first, "value")};", "}"],
            ValueKind.Array =>
                [notNull, "writer.WriteCount(value.Length);", $"foreach ({first} item in value)", "{", $"    {Write(first, "item")};", "}"],
            ValueKind.List =>
                [notNull, "writer.WriteCount(value.Count);", $"foreach ({first} item in value)", "{", $"    {Write(first, "item")};", "}"],
            ValueKind.Dictionary =>
            [
                notNull,
                "writer.WriteCount(value.Count);",
                $"foreach (global::System.Collections.Generic.KeyValuePair<string, {first}> item in value)",
                "{",
                "    writer.Write(item.Key);",
                $"    {Write(first, "item.Value")};",
                "}",
            ],
            _ =>
            [
                .. shape.Kind == ValueKind.Reference ? [notNull] : (string[])[],
                .. shape.CanBeDerived
                    ? [$"global::Hyperlight.Values.ValueWriter.RequireType(value, typeof({shape.CSharp}));"]
                    : (string[])[],
                .. shape.Members.Zip(shape.Parts, (member, part) => $"{Write(part, $"value.{member.Name}")};"),
            ],
        };
    }

    private List<string> ReadBody(ValueShape shape)
    {
        string first = shape.Parts.First();
        return shape.Kind switch
        {
            ValueKind.NullableValue or ValueKind.NullableReference =>
                [$"return reader.ReadBoolean() ? ({shape.CSharp}){Read(first)} : null;"],
            ValueKind.Array =>
            [
                $"{shape.CSharp} items = reader.ReadArray<{first}>({SmallestSize(first)});",
                "for (int index = 0; index < items.Length; index++)",
                "{",
                $"    items[index] = {Read(first)};",
                "}",
                "",
                "return items;",
            ],
            ValueKind.List =>
            [
                $"int count = reader.ReadCount({SmallestSize(first)});",
                $"{shape.CSharp} items = new {shape.CSharp}(count);",
                "for (int index = 0; index < count; index++)",
                "{",
                $"    items.Add({Read(first)});",
                "}",
                "",
                "return items;",
            ],
            ValueKind.Dictionary =>
            [
                $"int count = reader.ReadCount({1 + SmallestSize(first)});",
                $"{shape.CSharp} items = new {shape.CSharp}(count);",
                "for (int index = 0; index < count; index++)",
                "{",
                $"    if (!items.TryAdd(reader.ReadString(), {Read(first)}))",
                "    {",
                "        throw reader.RepeatedKey();",
                "    }",
                "}",
                "",
                "return items;",
            ],
            _ => ReadObject(shape),
        };
    }

    private List<string> ReadObject(ValueShape shape)
    {
        List<string> lines = [.. shape.Parts.Select((part, index) => $"{part} part{index} = {Read(part)};")];
        List<string> arguments = [], initializers = [];
        foreach ((ValueMember member, int index) in shape.Members.Select((member, index) => (member, index)))
        {
            if (member.IsArgument)
            {
                arguments.Add($"part{index}");
            }
            else
            {
                initializers.Add($"{member.Name} = part{index}");
            }
        }

        string values = $"({string.Join(", ", arguments)})";
        string others = initializers.Count == 0 ? "" : $" {{ {string.Join(", ", initializers)} }}";
        // C# writes a tuple without "new".
        bool isTuple = shape.CSharp.StartsWith("(", StringComparison.Ordinal);
        lines.Add(isTuple ? $"return {values};" : $"return new {shape.CSharp}{values}{others};");
        return lines;
    }

    private static string Indented(string line) => line.Length == 0 ? line : "    " + line;
}
