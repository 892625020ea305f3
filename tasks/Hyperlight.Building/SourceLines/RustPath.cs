using System.Text;

namespace Hyperlight.SourceLines;

/// <summary>
/// Reads a symbol of Rust's format v0, which <see href="https://doc.rust-lang.org/rustc/symbol-mangling/v0.html"/> describes. Hashes of
/// crates, names of lifetimes and the crate that has a copy of a generic function are left out. Identifiers that are not ASCII stay in
/// Punycode.
/// </summary>
internal sealed class RustPath
{
    // A symbol can refer to its own parts, so that a short symbol stands for an endless text. Each part and each character is work.
    private const int MostDepth = 200, MostWork = 4096, MostHexDigits = 32, PrefixLength = 2;

    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    // The texts of lower letters, from a to z.
    private static readonly string[] BasicTypes =
        "i8 bool char f64 str f32 - u8 isize usize - i32 u32 i128 u128 _ - - i16 u16 () ... - i64 u64 !".Split(' ');

    private readonly StringBuilder _text = new();
    private readonly string _symbol;
    private readonly bool _hasArguments;
    private int _position = PrefixLength;
    private int _depth, _work;
    private bool _isSkipping;

    private RustPath(string symbol, bool hasArguments) => (_symbol, _hasArguments) = (symbol, hasArguments);

    private char Peek => _position < _symbol.Length ? _symbol[_position] : '\0';

    /// <summary>Reads a symbol. The method does not throw.</summary>
    /// <param name="symbol">The name of the symbol.</param>
    /// <param name="hasArguments">Whether generic arguments are written. Otherwise each list of them is <c>&lt;…&gt;</c>.</param>
    /// <returns>The path; <c>null</c> if the symbol has another format or cannot be read.</returns>
    public static string? Read(string symbol, bool hasArguments)
    {
        if (symbol is not { Length: <= MostWork } or not ['_', 'R', 'C' or 'I' or 'M' or 'N' or 'X' or 'Y', ..])
        {
            return null;
        }

        try
        {
            return new RustPath(symbol, hasArguments).ReadSymbol();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private string ReadSymbol()
    {
        ReadNode(isFunction: true);
        if (char.IsAsciiLetterUpper(Peek))
        {
            Skip(ReadType);
        }

        return _position == _symbol.Length || Peek is '.' or '$' ? _text.ToString() : throw Unreadable();
    }

    private void ReadType() => ReadNode(isFunction: false);

    /// <summary>Reads a path, a type or a generic argument.</summary>
    /// <param name="isFunction">Whether the path is of a function, whose generic arguments follow two colons.</param>
    private void ReadNode(bool isFunction)
    {
        Work(1);
        _depth = _depth < MostDepth ? _depth + 1 : throw Unreadable();
        char tag = Next();
        switch (tag)
        {
            case 'B':
                ReadElsewhere(() => ReadNode(isFunction));
                break;
            case 'C':
                ReadDisambiguator();
                Write(ReadIdentifier());
                break;
            case 'D':
                ReadNumberIf('G');
                Write("dyn ");
                ReadList(ReadTrait, " + ");
                ReadNumberIf('L');
                break;
            case 'F':
                ReadFunctionType();
                break;
            case 'I':
                ReadNode(isFunction);
                Write(isFunction ? "::<" : "<");
                ReadArguments();
                Write(">");
                break;
            case 'L':
                ReadNumber();
                Write("'_");
                break;
            case 'N':
                ReadMember(isFunction);
                break;
            case 'T':
                Write("(");
                Write(ReadList(ReadType) == 1 ? ",)" : ")");
                break;
            default:
                ReadForm(tag switch
                {
                    'A' => "[@; #]",
                    'K' => "#",
                    'M' => "^<@>",
                    'O' => "*mut @",
                    'P' => "*const @",
                    'Q' => "?&mut @",
                    'R' => "?&@",
                    'S' => "[@]",
                    'X' => "^<@ as @>",
                    'Y' => "<@ as @>",
                    >= 'a' and <= 'z' when BasicTypes[tag - 'a'] is not "-" and var name => name,
                    _ => throw Unreadable(),
                });
                break;
        }

        _depth--;
    }

    /// <summary>
    /// Writes a text in which <c>@</c> is a path or a type, and <c>#</c> a constant. Two parts are read and not written: <c>^</c> is the
    /// module of an implementation, and <c>?</c> a lifetime, which may be absent.
    /// </summary>
    private void ReadForm(string form)
    {
        foreach (char letter in form)
        {
            switch (letter)
            {
                case '@':
                    ReadType();
                    break;
                case '#':
                    ReadConstant();
                    break;
                case '^':
                    ReadDisambiguator();
                    Skip(ReadType);
                    break;
                case '?':
                    ReadNumberIf('L');
                    break;
                default:
                    Write(letter.ToString());
                    break;
            }
        }
    }

    private void ReadMember(bool isFunction)
    {
        char space = Next();
        ReadNode(isFunction);
        UInt128 number = ReadDisambiguator();
        string name = ReadIdentifier();
        string separator = name.Length > 0 ? ":" : "";
        string kind = space switch { 'C' => "closure", 'S' => "shim", _ => space.ToString() };
        Write(char.IsAsciiLetterUpper(space) ? $"::{{{kind}{separator}{name}#{number}}}" : separator + separator + name);
    }

    private void ReadArguments()
    {
        if (_hasArguments)
        {
            ReadList(ReadType);
            return;
        }

        Write("…");
        Skip(() => ReadList(ReadType));
    }

    private void ReadConstant()
    {
        char type = Next();
        switch (type)
        {
            case 'B':
                ReadElsewhere(ReadConstant);
                break;
            case 'p':
                Write("_");
                break;
            default:
                string sign = TakeIf('n') ? "-" : "";
                UInt128 value = ReadHex();
                Write(type switch
                {
                    'b' => value == 0 ? "false" : "true",
                    'c' => value >= ' ' && value <= '~' ? $"'{(char)value}'" : $"'\\u{{{value:x}}}'",
                    'a' or 's' or 'l' or 'x' or 'n' or 'i' or 'h' or 't' or 'm' or 'y' or 'o' or 'j' => sign + value,
                    _ => throw Unreadable(),
                });
                break;
        }
    }

    private void ReadFunctionType()
    {
        ReadNumberIf('G');
        Write(TakeIf('U') ? "unsafe " : "");
        if (TakeIf('K'))
        {
            string convention = TakeIf('C') ? "C" : ReadIdentifier().Replace('_', '-');
            Write($"extern \"{convention}\" ");
        }

        Write("fn(");
        ReadList(ReadType);
        ReadForm(TakeIf('u') ? ")" : ") -> @");
    }

    private void ReadTrait()
    {
        ReadType();
        while (TakeIf('p'))
        {
            // The types of a trait's members follow its arguments: Fn<(u8,), Output = u8>.
            bool hasList = !_isSkipping && _text[^1] == '>';
            _text.Length -= hasList ? 1 : 0;
            Write($"{(hasList ? ", " : "<")}{ReadIdentifier()}");
            ReadForm(" = @>");
        }
    }

    private int ReadList(Action read, string separator = ", ")
    {
        int count = 0;
        for (; !TakeIf('E'); count++)
        {
            Write(count > 0 ? separator : "");
            read();
        }

        return count;
    }

    // A reference leads to an earlier part, which is no reference itself.
    private void ReadElsewhere(Action read)
    {
        int start = _position - 1;
        UInt128 place = ReadNumber() + PrefixLength;
        if (place >= (uint)start || _symbol[(int)place] == 'B')
        {
            throw Unreadable();
        }

        if (!_isSkipping)
        {
            (int back, _position) = (_position, (int)place);
            read();
            _position = back;
        }
    }

    private UInt128 ReadDisambiguator() => TakeIf('s') ? ReadNumber() + 1 : 0;

    private void ReadNumberIf(char tag) => _ = TakeIf(tag) ? ReadNumber() : 0;

    private string ReadIdentifier()
    {
        TakeIf('u');
        int length = 0;
        do
        {
            length = length <= MostWork ? (length * 10) + ReadDigit(10) : throw Unreadable();
        }
        while (length > 0 && char.IsAsciiDigit(Peek));

        TakeIf('_');
        int start = _position;
        _position = length <= _symbol.Length - start ? start + length : throw Unreadable();
        return _symbol[start.._position];
    }

    private UInt128 ReadHex()
    {
        UInt128 value = 0;
        for (int count = 0; !TakeIf('_'); count++)
        {
            value = count < MostHexDigits ? (value << 4) + (uint)ReadDigit(16) : throw Unreadable();
        }

        return value;
    }

    // A number without digits is 0. One with digits is 1 more than their value.
    private UInt128 ReadNumber()
    {
        int start = _position;
        UInt128 value = 0;
        while (!TakeIf('_'))
        {
            value = value <= ulong.MaxValue ? (value * (uint)Digits.Length) + (uint)ReadDigit(Digits.Length) : throw Unreadable();
        }

        return _position == start + 1 ? 0 : value + 1;
    }

    private int ReadDigit(int numberBase) =>
        Digits.IndexOf(Next(), StringComparison.Ordinal) is >= 0 and var digit && digit < numberBase ? digit : throw Unreadable();

    private void Skip(Action read)
    {
        (bool before, _isSkipping) = (_isSkipping, true);
        read();
        _isSkipping = before;
    }

    private void Write(string text)
    {
        if (!_isSkipping)
        {
            Work(text.Length);
            _text.Append(text);
        }
    }

    private void Work(int units) => _work = units <= MostWork - _work ? _work + units : throw Unreadable();

    private bool TakeIf(char letter)
    {
        bool isNext = Peek == letter;
        _position += isNext ? 1 : 0;
        return isNext;
    }

    private char Next() => _position < _symbol.Length ? _symbol[_position++] : throw Unreadable();

    private static InvalidDataException Unreadable() => new("the symbol is not a name that Rust writes");
}
