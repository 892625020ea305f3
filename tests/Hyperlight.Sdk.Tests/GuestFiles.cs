namespace Hyperlight.Sdk.Tests;

/// <summary>Guests for builds: small, valid, and different when asked for.</summary>
internal static class GuestFiles
{
    public static byte[] Amd64(byte fill = 0xF4) => Elf64(fill);

    public static byte[] I686() => Elf32();

    private static byte[] Elf64(byte fill)
    {
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((ushort)3);
        writer.Write((ushort)62);
        writer.Write(1);
        writer.Write(0x1000UL);
        writer.Write(64UL);
        writer.Write(0UL);
        writer.Write(0);
        writer.Write((ushort)64);
        writer.Write((ushort)56);
        writer.Write((ushort)1);
        writer.Write(new byte[6]);
        writer.Write(1);
        writer.Write(5);
        writer.Write(0x1000UL);
        writer.Write(0x1000UL);
        writer.Write(0x1000UL);
        writer.Write(0x40UL);
        writer.Write(0x40UL);
        writer.Write(0x1000UL);
        writer.Write(new byte[0x1000 - file.Length]);
        writer.Write(Enumerable.Repeat(fill, 0x40).ToArray());
        return file.ToArray();
    }

    private static byte[] Elf32()
    {
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((ushort)2);
        writer.Write((ushort)3);
        writer.Write(1);
        writer.Write([0, 0, 0, 0, 52, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((ushort)52);
        writer.Write((ushort)32);
        writer.Write((ushort)1);
        writer.Write(new byte[6]);
        foreach (int word in (int[])[1, 0x1000, 0, 0, 0x40, 0x40, 5, 0x1000])
        {
            writer.Write(word);
        }

        writer.Write(new byte[0x1000 - file.Length]);
        writer.Write(Enumerable.Repeat((byte)0xF4, 0x40).ToArray());
        return file.ToArray();
    }
}
