using System.Text;

namespace Hyperlight.Testing;

public sealed partial class TestElf
{
    /// <summary>
    /// Creates a note: sizes, type, owner and descriptor; owner and descriptor are padded to <paramref name="alignment"/>.
    /// </summary>
    public static byte[] Note(string owner, uint type, byte[] descriptor, int alignment)
    {
        using MemoryStream note = new();
        byte[] name = Terminated(owner);
        note.Write(BitConverter.GetBytes(name.Length));
        note.Write(BitConverter.GetBytes(descriptor.Length));
        note.Write(BitConverter.GetBytes(type));
        note.Write(name);
        Pad(note, alignment);
        note.Write(descriptor);
        Pad(note, alignment);
        return note.ToArray();
    }

    /// <summary>Creates the note that upstream's guest library writes.</summary>
    public static byte[] VersionNote(string version) => Note("Hyperlight", 1, Terminated(version), alignment: 8);

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static void Pad(MemoryStream stream, int alignment)
    {
        while (stream.Length % alignment != 0)
        {
            stream.WriteByte(0);
        }
    }
}
