using System.IO.Pipelines;
using System.Text;

namespace Hyperlight.Conformance.Checks;

internal static class StreamChecks
{
    public static Area Area => new("streams")
    {
        { "memory stream", () => { MemoryStream s = new(); s.Write([1, 2, 3]); s.Position = 1; s.WriteByte(9); return s.ToArray(); } },
        { "set length", () => { MemoryStream s = new([.. "abcdef"u8]); s.SetLength(3); s.Seek(-1, SeekOrigin.End); return s.ReadByte(); } },
        { "fixed size", () => { MemoryStream s = new(new byte[2]); s.Write([1, 2, 3]); return "not reached"; } },
        { "closed", () => { MemoryStream s = new(); s.Dispose(); return s.Position; } },
        {
            "binary writer and reader", () =>
            {
                MemoryStream s = new();
                BinaryWriter w = new(s);
                w.Write(1.5);
                w.Write("text");
                w.Write7BitEncodedInt(300);
                s.Position = 0;
                BinaryReader r = new(s);
                return $"{r.ReadDouble()} {r.ReadString()} {r.Read7BitEncodedInt()}";
            }
        },
        { "end of stream", () => new BinaryReader(new MemoryStream([1])).ReadInt32() },
        { "lines", () => { StringReader r = new("a\r\nb\nc"); int n = 0; while (r.ReadLine() is not null) { n++; } return n; } },
        { "string writer", () => { StringWriter w = new() { NewLine = "|" }; w.WriteLine("{0}-{1}", 1, "x"); w.Write(true); return w; } },
        { "stream reader finds UTF-16", () => new StreamReader(new MemoryStream([0xFF, 0xFE, 0x41, 0, 0x42, 0])).ReadToEnd() },
        {
            "stream writer", () =>
            {
                MemoryStream s = new();
                using (StreamWriter w = new(s, new UTF8Encoding(false))) { w.Write("Grüße"); }
                return s.ToArray();
            }
        },
        {
            "buffered", () =>
            {
                MemoryStream s = new();
                using (BufferedStream b = new(s, 4)) { b.Write("abcdefg"u8); }
                return s.ToArray();
            }
        },
        { "read exactly", () => { byte[] to = new byte[4]; new MemoryStream([1, 2, 3]).ReadExactly(to); return to; } },
        {
            "copy async", async () =>
            {
                MemoryStream to = new();
                await new MemoryStream(new byte[100000]).CopyToAsync(to);
                return to.Length;
            }
        },
        {
            "lines async", async () =>
            {
                int n = 0;
                StreamReader r = new(new MemoryStream([.. "a\nb\nc"u8]));
                while (await r.ReadLineAsync() is not null)
                {
                    n++;
                }
                return n;
            }
        },
        {
            "pipe", async () =>
            {
                Pipe p = new();
                await p.Writer.WriteAsync("hello"u8.ToArray());
                await p.Writer.CompleteAsync();
                ReadResult r = await p.Reader.ReadAsync();
                return $"{r.Buffer.Length} {r.IsCompleted}";
            }
        },
        {
            "pipe between tasks", async () =>
            {
                Pipe p = new();
                Task w = Task.Run(async () =>
                {
                    for (int i = 0; i < 50; i++)
                    {
                        await p.Writer.WriteAsync(new byte[100]);
                    }
                    await p.Writer.CompleteAsync();
                });
                MemoryStream to = new();
                await p.Reader.CopyToAsync(to);
                await w;
                return to.Length;
            }
        },
        { "null stream", () => Stream.Null.ReadByte() },
        { "unmanaged stream", Unmanaged },
        { "synchronized", () => TextWriter.Synchronized(new StringWriter()).ToString() },
    };

    private static unsafe object Unmanaged()
    {
        byte* bytes = stackalloc byte[4];
        using UnmanagedMemoryStream stream = new(bytes, 4, 4, FileAccess.ReadWrite);
        stream.Write([1, 2, 3]);
        return $"{bytes[2]} {stream.Position}";
    }
}
