using System.Buffers.Binary;

namespace Hyperlight.SourceLines;

/// <summary>Runs a line program, which makes the rows of a unit (DWARF 5, section 6.2.5).</summary>
/// <param name="unit">The unit.</param>
/// <param name="rows">Receives the rows.</param>
internal sealed class LineProgram(LineUnit unit, LineRows rows)
{
    // Opcodes (DW_LNS), and those after the opcode 0 (DW_LNE).
    private const byte Extended = 0, Copy = 1, AdvanceAddress = 2, AdvanceLine = 3, SetFile = 4, AddMostAddresses = 8, AddToAddress = 9;
    private const byte EndSequence = 1, SetAddress = 2;
    private const byte LastOpcode = byte.MaxValue;

    private readonly Dictionary<ulong, int> _places = [];
    private ulong _address;
    private ulong _file = 1;
    private long _line = 1;

    /// <summary>Runs the program to its end, or until there is no room for more rows.</summary>
    /// <exception cref="InvalidDataException">The program ends inside an opcode.</exception>
    public void Run()
    {
        DwarfCursor cursor = new(unit.Program);
        while (cursor.Left > 0 && !rows.AreFull)
        {
            byte opcode = cursor.ReadByte();
            if (opcode >= unit.FirstSpecial)
            {
                int number = opcode - unit.FirstSpecial;
                Advance((ulong)(number / unit.LineRange));
                _line = unchecked(_line + unit.LineBase + (number % unit.LineRange));
                AddRow();
                continue;
            }

            switch (opcode)
            {
                case Extended:
                    RunExtended(cursor.Take(cursor.ReadNumber()).Span);
                    break;
                case Copy:
                    AddRow();
                    break;
                case AdvanceAddress:
                    Advance(cursor.ReadNumber());
                    break;
                case AdvanceLine:
                    _line = unchecked(_line + cursor.ReadSigned());
                    break;
                case SetFile:
                    _file = cursor.ReadNumber();
                    break;
                case AddMostAddresses:
                    Advance((ulong)((LastOpcode - unit.FirstSpecial) / unit.LineRange));
                    break;
                case AddToAddress:
                    _address = unchecked(_address + cursor.ReadUInt16());
                    break;
                default:
                    SkipOperands(ref cursor, opcode);
                    break;
            }
        }
    }

    // Columns, marks of statements and blocks, and what later versions may add.
    private void SkipOperands(ref DwarfCursor cursor, byte opcode)
    {
        for (byte count = unit.OperandCounts.Span[opcode - 1]; count > 0; count--)
        {
            cursor.ReadNumber();
        }
    }

    private void RunExtended(ReadOnlySpan<byte> operation)
    {
        switch (operation.IsEmpty ? Extended : operation[0])
        {
            case EndSequence:
                rows.End(_address);
                (_address, _file, _line) = (0, 1, 1);
                break;
            case SetAddress when operation.Length == 1 + sizeof(ulong):
                _address = BinaryPrimitives.ReadUInt64LittleEndian(operation[1..]);
                break;
            case SetAddress when operation.Length == 1 + sizeof(uint):
                _address = BinaryPrimitives.ReadUInt32LittleEndian(operation[1..]);
                break;
        }
    }

    private void Advance(ulong operations) => _address = unchecked(_address + (operations * unit.LeastInstruction));

    private void AddRow()
    {
        if (!_places.TryGetValue(_file, out int place))
        {
            place = rows.Place(unit.PathOf(_file));
            _places.Add(_file, place);
        }

        rows.Add(new(_address, place, place < 0 || _line is < 0 or > int.MaxValue ? 0 : (int)_line));
    }
}
