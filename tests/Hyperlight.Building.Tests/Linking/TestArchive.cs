using System.Buffers.Binary;
using System.Text;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Builds archives with an index, as <c>ar rcs</c> does.</summary>
internal static class TestArchive
{
    private const int HeaderSize = 60;
    private static ReadOnlySpan<byte> Magic => "!<arch>\n"u8;

    /// <summary>Builds an archive.</summary>
    /// <param name="name">The name of the archive.</param>
    /// <param name="members">The members: the name, the object, and the symbols that the index has of the object.</param>
    public static LinkInput Of(string name, params (string Name, TestObject Object, string[] Symbols)[] members)
    {
        int symbolCount = members.Sum(member => member.Symbols.Length);
        byte[] names = Encoding.ASCII.GetBytes(string.Concat(members.SelectMany(member => member.Symbols).Select(symbol => symbol + "\0")));
        byte[] index = new byte[4 + (4 * symbolCount) + names.Length + (names.Length & 1)];
        BinaryPrimitives.WriteInt32BigEndian(index, symbolCount);
        names.CopyTo(index, 4 + (4 * symbolCount));
        using MemoryStream file = new();
        file.Write(Magic);
        int offset = Magic.Length + HeaderSize + index.Length;
        using MemoryStream objects = new();
        int at = 4;
        foreach ((string member, TestObject source, string[] symbols) in members)
        {
            foreach (string _ in symbols)
            {
                BinaryPrimitives.WriteInt32BigEndian(index.AsSpan(at), offset + (int)objects.Length);
                at += 4;
            }

            Add(objects, member + "/", source.Build());
        }

        Add(file, "/", index);
        objects.WriteTo(file);
        return new(name, file.ToArray());
    }

    private static void Add(MemoryStream file, string name, byte[] content)
    {
        file.Write(Encoding.ASCII.GetBytes($"{name,-16}{0,-12}{0,-6}{0,-6}{644,-8}{content.Length,-10}`\n"));
        file.Write(content);
        if (content.Length % 2 == 1)
        {
            file.WriteByte((byte)'\n');
        }
    }
}
