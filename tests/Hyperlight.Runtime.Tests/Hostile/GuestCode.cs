using System.Buffers.Binary;

namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>
/// Pieces of machine code. A method without the parameter is64Bit gives code that means the same in 32-bit and 64-bit mode.
/// </summary>
internal static class GuestCode
{
    /// <summary>jmp .</summary>
    public static byte[] Forever => [0xEB, 0xFE];

    /// <summary>mov edx, port; mov eax, value; out dx, eax</summary>
    public static byte[] Out(uint port, uint value = 0) => [0xBA, .. Bytes(port), 0xB8, .. Bytes(value), 0xEF];

    /// <summary>Repeats code without end. 1: …; jmp 1b</summary>
    public static byte[] Loop(params byte[] code) => [.. code, 0xE9, .. Bytes((uint)-(code.Length + 5))];

    /// <summary>mov rax, value, or mov eax, value</summary>
    public static byte[] Load(bool is64Bit, ulong value) =>
        is64Bit ? [0x48, 0xB8, .. Bytes(value)] : [0xB8, .. Bytes((uint)value)];

    /// <summary>mov rax, value; jmp rax</summary>
    public static byte[] Jump(bool is64Bit, ulong address) => [.. Load(is64Bit, address), 0xFF, 0xE0];

    /// <summary>mov rax, value; mov al, [rax]</summary>
    public static byte[] Read(bool is64Bit, ulong address) => [.. Load(is64Bit, address), 0x8A, 0x00];

    /// <summary>mov rax, value; mov byte [rax], 1</summary>
    public static byte[] Write(bool is64Bit, ulong address) => [.. Load(is64Bit, address), 0xC6, 0x00, 0x01];

    /// <summary>mov rax, address; mov dword [rax], low; mov dword [rax+4], high</summary>
    public static byte[] Store(bool is64Bit, ulong address, ulong value) =>
        [.. Load(is64Bit, address), 0xC7, 0x00, .. Bytes((uint)value), 0xC7, 0x40, 0x04, .. Bytes((uint)(value >> 32))];

    /// <summary>
    /// Ends the initialisation with the address and the stack for calls. mov rax, stack; mov rsp, rax; mov rax, dispatch; mov edx, 108; out
    /// dx, eax; hlt
    /// </summary>
    public static byte[] EndStart(bool is64Bit, ulong dispatch, ulong stack) =>
        [.. Load(is64Bit, stack), .. is64Bit ? (byte[])[0x48] : [], 0x89, 0xC4, .. Load(is64Bit, dispatch), 0xBA, .. Bytes(108u), 0xEF,
            0xF4];

    /// <summary>
    /// Ends the initialisation; the given code answers every call. call 1f; 1: pop rbx; mov rax, stack; mov rsp, rax; mov rax, rbx;
    /// add rax, dispatch - 1b; mov edx, 108; out dx, eax; hlt; dispatch: …
    /// </summary>
    public static byte[] EndStart(bool is64Bit, byte[] dispatch, ulong stack)
    {
        byte[] wide = is64Bit ? [0x48] : [];
        byte[] end = [0xBA, .. Bytes(108u), 0xEF, 0xF4];
        byte[] add = [.. wide, 0x83, 0xC0];
        byte[] setStack = [.. Load(is64Bit, stack), .. wide, 0x89, 0xC4];
        return [0xE8, 0, 0, 0, 0, 0x5B, .. setStack, .. wide, 0x89, 0xD8, .. add,
            (byte)(1 + setStack.Length + wide.Length + 2 + add.Length + 1 + end.Length), .. end, .. dispatch];
    }

    /// <summary>
    /// Copies the content of a buffer to the output buffer and writes to a port, without end. call 1f; 1: pop rbx; 2: lea rsi, [rbx+data];
    /// mov rdi, output; mov ecx, length; rep movsb; [mov qword [input], 8]; mov edx, port; out dx, eax; jmp 2b; data: …
    /// </summary>
    /// <param name="is64Bit">Whether the guest runs 64-bit code.</param>
    /// <param name="output">The address of the output buffer.</param>
    /// <param name="framed">The content for the output buffer.</param>
    /// <param name="port">The port.</param>
    /// <param name="input">The address of the input buffer, which is emptied each time; <c>null</c> to let it fill up.</param>
    public static byte[] SendForever(bool is64Bit, ulong output, byte[] framed, uint port, ulong? input)
    {
        byte[] empty = input is { } address ? Store(is64Bit, address, 8) : [];
        byte[] Body(uint data) =>
        [
            .. is64Bit ? (byte[])[0x48, 0x8D, 0xB3] : [0x8D, 0xB3], .. Bytes(data),
            .. Load(is64Bit, output), .. is64Bit ? (byte[])[0x48, 0x89, 0xC7] : [0x89, 0xC7],
            0xB9, .. Bytes((uint)framed.Length), 0xF3, 0xA4, .. empty, .. Out(port),
        ];

        byte[] head = [0xE8, 0, 0, 0, 0, 0x5B];
        byte[] loop = Loop(Body(0));
        return [.. head, .. Loop(Body((uint)(1 + loop.Length))), .. framed];
    }

    private static byte[] Bytes(uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Bytes(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
