using System.Buffers.Binary;
using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>A sandbox whose guest does what a test tells it.</summary>
/// <param name="guest">The name of the guest.</param>
/// <param name="map">The guest's memory map.</param>
/// <param name="sandbox">The sandbox.</param>
internal sealed class Victim(string guest, MemoryMap map, Sandbox sandbox)
{
    public const string Amd64 = "misbehave";
    public const string I686 = "misbehave32";
    public const string Flat = "misbehave-flat";

    /// <summary>A text of a guest that would forge a line of a log if it were written there unchanged.</summary>
    public const string Forgery = "gone\n2026-11-22 root logged in\u001b[2J\u202E\u2028";

    public static readonly string[] Guests = [Amd64, I686, Flat];

    /// <summary>The timeout for attacks that do not end by themselves.</summary>
    public static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(60);

    private const int PageSize = 4096;
    private const int EntriesPerTable = 512;
    private const ulong LargePage = 1 << 21;
    private const ulong PresentAndWritable = 3;

    // An entry of the root page table that guests of the kit do not use.
    private const int FreeRootEntry = 3;

    public Sandbox Sandbox => sandbox;

    public MemoryMap Map => map;

    public bool Is64Bit => guest == Amd64;

    public ulong Input => map.InputBuffer.Value;

    public ulong Output => map.OutputBuffer.Value;

    public int OutputSize => (int)map.Sizes.OutputBufferSize;

    /// <summary>Calls a function that changes nothing.</summary>
    public void Call() => sandbox.Call("DataWord");

    /// <summary>Lets the guest run machine code.</summary>
    public void Execute(params byte[] code) => sandbox.Call("Execute", code);

    /// <summary>Lets the guest run machine code that does not end by itself.</summary>
    public void ExecuteBriefly(params byte[] code) => sandbox.Call("Execute", new CallOptions { Timeout = Brief }, code);

    /// <summary>Lets the guest write bytes to an address and then write to a port.</summary>
    public void Poke(ulong address, byte[] bytes, int port, int value = 0) => sandbox.Call("Poke", address, bytes, port, value);

    /// <summary>Lets the guest write bytes to an address.</summary>
    public void Poke(ulong address, params byte[] bytes) => Poke(address, bytes, 103, '\n');

    /// <summary>Lets the guest write words of 64 bits to an address.</summary>
    public void Poke(ulong address, params ulong[] words)
    {
        byte[] bytes = new byte[words.Length * sizeof(ulong)];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), words[i]);
        }

        Poke(address, bytes);
    }

    /// <summary>Lets the guest put one message into its output buffer and then write to a port.</summary>
    public void Send(byte[] message, int port) => Poke(Output, ScriptedGuest.Framed(message), port);

    /// <summary>Gets the virtual address of an entry in the root page table.</summary>
    public ulong RootEntry(int index) => map.PageTables.Gva.Value + ((ulong)index * sizeof(ulong));

    /// <summary>
    /// Lets the guest map a physical address with tables that it builds in the last pages of its output buffer: one table with large pages,
    /// and one with small pages for the first 2 MiB around the address.
    /// </summary>
    /// <returns>The virtual address.</returns>
    public ulong MapPhysically(ulong gpa, ulong flags = PresentAndWritable)
    {
        ulong tables = map.Scratch.Gpa.Value + map.Sizes.InputBufferSize;
        ulong first = gpa & ~(LargePage - 1);
        Poke(Output + (1 * PageSize), [.. Enumerable.Range(0, EntriesPerTable).Select(i => (first + ((ulong)i * PageSize)) | flags)]);
        Poke(Output + (2 * PageSize), [tables + (1 * PageSize) | PresentAndWritable]);
        Poke(Output + (3 * PageSize), [tables + (2 * PageSize) | PresentAndWritable]);
        Poke(RootEntry(FreeRootEntry), [tables + (3 * PageSize) | PresentAndWritable]);
        return ((ulong)FreeRootEntry << 39) | (gpa & (LargePage - 1));
    }
}
