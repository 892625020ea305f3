using System.Buffers.Binary;
using Hyperlight.Files;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>
/// A guest that runs a script, so that a test can send anything at any time. The guest has the identity layout, starts in real mode and
/// then runs 32-bit code. Each step of the script copies words from one address to another and then writes to a port; port 0 stands for
/// a jump to an address. A step that writes to port 108 saves the place in the script and halts: the initialisation is the script up to
/// the first halt, and each call continues up to the next halt.
/// <code>
///   entry:     cli                          dispatch: mov ebx, [cursor]          jump: jmp eax
///              lgdt [gdtr]                  step:     mov edx, [ebx]             halt: mov [cursor], ebx
///              mov eax, cr0                           mov eax, [ebx+4]                 mov eax, dispatch
///              or al, 1                               mov esi, [ebx+8]                 mov esp, 0xFFFFE000
///              mov cr0, eax                           mov ecx, [ebx+12]                out dx, eax
///              jmp 8:protected                        mov edi, [ebx+16]                hlt
///   protected: mov eax, 16                            add ebx, 20
///              mov ds, ax                             rep movsd                  gdt:  0, flat code, flat data
///              mov es, ax                             test edx, edx              gdtr
///              mov ss, ax                             je jump                    cursor
///                                                     cmp edx, 108
///                                                     je halt
///                                                     out dx, eax
///                                                     jmp step
/// </code>
/// </summary>
internal sealed class ScriptedGuest : IDisposable
{
    public const uint InputBuffer = 0xFFFB_8000;
    public const uint OutputBuffer = 0xFFFB_C000;
    public const uint Nowhere = 0x8000_0000;

    private const int ScriptAddress = 0x1000;
    private const int DataAddress = 0x2000;
    private const int CodeSize = 0x8000;

    private static readonly byte[] Interpreter = Convert.FromHexString(
        "fa660f011678000f20c00c010f22c066ea170000000800b8100000008ed88ec0"
        + "8ed08b1d800000008b138b43048b73088b4b0c8b7b1083c314f3a585d2740883"
        + "fa6c7405efebe1ffe0891d80000000b822000000bc00e0ffffeff48d74260090"
        + "0000000000000000ffff0000009bcf00ffff00000093cf001700600000006690"
        + "00100000");

    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly FileStream _file;
    private readonly SharedFile _blob;
    private readonly byte[] _memory;
    private int _scriptEnd = ScriptAddress;
    private int _dataEnd = DataAddress;
    private uint _entryPoint;

    public ScriptedGuest(GuestSizes? sizes = null)
    {
        Map = MemoryMap.TryCreate(GuestLayouts.I686V13, sizes ?? new(), CodeSize, null, new List<Finding>())!;
        _memory = new byte[Map.BlobSize];
        Interpreter.CopyTo(_memory.AsSpan());
        _file = new(_path, FileMode.CreateNew, FileAccess.ReadWrite);
        _blob = new(_file.SafeFileHandle);
    }

    public MemoryMap Map { get; }

    /// <summary>Adds the step that ends the initialisation or a call.</summary>
    public ScriptedGuest Halt() => Step(108);

    /// <summary>Adds a step that writes to a port.</summary>
    public ScriptedGuest Out(uint port, uint value = 0) => Step(port, value);

    /// <summary>Adds a step that puts one message into the output buffer and then writes to a port.</summary>
    public ScriptedGuest Send(byte[] message, uint port) => Put(OutputBuffer, Framed(message), port);

    /// <summary>Adds a step that returns a result from a call.</summary>
    public ScriptedGuest Return(byte[] message) => Send(message, 108);

    /// <summary>Adds a step that returns the content of the input buffer, which is the last answer of the host, from a call.</summary>
    public ScriptedGuest ReturnInput() => Step(108, 0, InputBuffer, 256, OutputBuffer);

    /// <summary>Adds a step that writes bytes to the guest's memory and then writes to a port.</summary>
    public ScriptedGuest Put(uint address, byte[] bytes, uint port, uint value = 0)
    {
        int words = (bytes.Length + 3) / 4;
        uint source = Place(bytes);
        return Step(port, value, source, (uint)words, address);
    }

    /// <summary>Adds a step that copies words from one address to another and then writes to a port.</summary>
    public ScriptedGuest Copy(uint source, uint words, uint target, uint port) => Step(port, 0, source, words, target);

    /// <summary>Adds a step that runs 32-bit code, which does not return to the script.</summary>
    public ScriptedGuest Run(params byte[] code) => Step(0, Place(code));

    /// <summary>Gets the content of a buffer with one message.</summary>
    public static byte[] Framed(byte[] message)
    {
        byte[] framed = new byte[8 + message.Length + 8];
        BinaryPrimitives.WriteUInt64LittleEndian(framed, (ulong)framed.Length);
        message.CopyTo(framed, 8);
        BinaryPrimitives.WriteUInt64LittleEndian(framed.AsSpan(8 + message.Length), 8);
        return framed;
    }

    /// <summary>Makes 16-bit code the start of the guest. The code may jump to the interpreter of the script, at address 0.</summary>
    public ScriptedGuest Enter(params byte[] code)
    {
        _entryPoint = Place(code);
        return this;
    }

    public Sandbox Start(Action<SandboxOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        _file.Position = 0;
        _file.Write(_memory);
        _file.Flush();
        SandboxOptions options = new() { DebugPrint = TextWriter.Null, Print = TextWriter.Null };
        configure?.Invoke(options);
        return Sandbox.Start(new("scripted", new(_entryPoint), ImageDigest: null), Map, _blob, options, cancellationToken);
    }

    public void Dispose()
    {
        _blob.Dispose();
        _file.Dispose();
        File.Delete(_path);
    }

    private uint Place(byte[] bytes)
    {
        int address = _dataEnd;
        bytes.CopyTo(_memory, address);
        _dataEnd += (bytes.Length + 7) & ~7;
        return (uint)address;
    }

    private ScriptedGuest Step(uint port, uint value = 0, uint source = 0, uint words = 0, uint target = 0)
    {
        foreach (uint field in (ReadOnlySpan<uint>)[port, value, source, words, target])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_memory.AsSpan(_scriptEnd), field);
            _scriptEnd += sizeof(uint);
        }

        return this;
    }
}
