// Draws the icon of the package (a guest, its walls, and the host around them): dotnet run eng/Icon.cs -- eng/icon.png
#:property PublishAot=false

using System.Buffers.Binary;
using System.IO.Compression;

const int Size = 128;
const int Samples = 4; // The samples in each direction of a pixel, which make edges smooth.

if (args is not [var path])
{
    Console.Error.WriteLine("usage: dotnet run eng/Icon.cs -- FILE.png");
    return 2;
}

// Each row of a PNG file starts with the number of its filter; 0 is no filter. Each pixel has four bytes: red, green, blue, opacity.
byte[] rows = new byte[Size * (1 + (4 * Size))];
for (int y = 0; y < Size; y++)
{
    for (int x = 0; x < Size; x++)
    {
        Draw(x, y).CopyTo(rows, (y * (1 + (4 * Size))) + 1 + (4 * x));
    }
}

byte[] header = [0, 0, 0, Size, 0, 0, 0, Size, 8, 6, 0, 0, 0]; // 8 bits a channel, colour with opacity.
using FileStream file = File.Create(path);
file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
Write("IHDR"u8, header);
Write("IDAT"u8, Compress(rows));
Write("IEND"u8, []);
return 0;

static byte[] Draw(int x, int y)
{
    double red = 0, green = 0, blue = 0, opacity = 0;
    for (int i = 0; i < Samples * Samples; i++)
    {
        double u = (x + ((i % Samples) + 0.5) / Samples) / Size, v = (y + ((i / Samples) + 0.5) / Samples) / Size;
        if (Look(u, v) is (var r, var g, var b))
        {
            (red, green, blue, opacity) = (red + r, green + g, blue + b, opacity + 1);
        }
    }

    double covered = Math.Max(opacity, 1);
    return [(byte)(red / covered), (byte)(green / covered), (byte)(blue / covered), (byte)(255 * opacity / (Samples * Samples))];
}

// The colour at a point of the unit square; null where the icon is transparent.
static (double Red, double Green, double Blue)? Look(double u, double v) => (u, v) switch
{
    _ when IsInside(u, v, half: 0.14, corner: 0.03) => (255, 158, 56),
    _ when IsInside(u, v, half: 0.31, corner: 0.08) && !IsInside(u, v, half: 0.235, corner: 0.05) => (255, 255, 255),
    _ when IsInside(u, v, half: 0.5, corner: 0.14) => (58, 66, 168),
    _ => null,
};

// Whether a point is in the centred square with round corners.
static bool IsInside(double u, double v, double half, double corner)
{
    double x = Math.Max(Math.Abs(u - 0.5) - half + corner, 0), y = Math.Max(Math.Abs(v - 0.5) - half + corner, 0);
    return (x * x) + (y * y) <= corner * corner;
}

static byte[] Compress(byte[] bytes)
{
    using MemoryStream compressed = new();
    using (ZLibStream zlib = new(compressed, CompressionLevel.SmallestSize))
    {
        zlib.Write(bytes);
    }

    return compressed.ToArray();
}

void Write(ReadOnlySpan<byte> type, byte[] data)
{
    byte[] number = new byte[4];
    BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
    file.Write(number);
    file.Write(type);
    file.Write(data);
    BinaryPrimitives.WriteUInt32BigEndian(number, Checksum([.. type, .. data]));
    file.Write(number);
}

// CRC-32 of PNG (ISO 3309).
static uint Checksum(byte[] bytes)
{
    uint sum = ~0u;
    foreach (byte value in bytes)
    {
        sum ^= value;
        for (int bit = 0; bit < 8; bit++)
        {
            sum = (sum >> 1) ^ ((sum & 1) == 0 ? 0 : 0xEDB8_8320u);
        }
    }

    return ~sum;
}
