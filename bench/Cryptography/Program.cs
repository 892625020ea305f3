// Measures the cryptography of guests in C#: compiles the kit's sources with its compiler options into a library of this process, and
// prints the speed beside that of .NET on this machine. Needs a C compiler for x64. No arguments:
//   dotnet run -c Release --project bench/Cryptography

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

const int Size = 16 << 10;
string root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", ".."));
string guest = Path.Combine(root, "sdk", "guest");
string library = Path.Combine(Path.GetTempPath(), $"kit-cryptography-{Environment.ProcessId}.so");
using (Process compiler = Process.Start(
    "cc",
    [
        $"@{Path.Combine(guest, "amd64.rsp")}", "-mgeneral-regs-only", "-fvisibility=default", "-fPIC", "-shared", "-o", library,
        .. Directory.EnumerateFiles(Path.Combine(guest, "src", "linux", "crypto"), "*.c"),
    ]))
{
    compiler.WaitForExit();
    if (compiler.ExitCode != 0)
    {
        return compiler.ExitCode;
    }
}

nint handle = NativeLibrary.Load(library);
File.Delete(library);
byte[] data = RandomNumberGenerator.GetBytes(Size), to = new byte[Size], key = RandomNumberGenerator.GetBytes(16), tag = new byte[16];
byte[] nonce = RandomNumberGenerator.GetBytes(12), vector = RandomNumberGenerator.GetBytes(16);
using AesGcm gcm = new(key, 16);
using Aes aes = Aes.Create();
aes.Key = key;

Console.WriteLine("| MB/s, pieces of 16 KiB | guest | .NET here |");
Console.WriteLine("|---|---:|---:|");
unsafe
{
    Print("SHA-256", () => Digest("EvpSha256"), () => SHA256.HashData(data, to));
    Print("SHA-512", () => Digest("EvpSha512"), () => SHA512.HashData(data, to));
    Print("SHA3-256", () => Digest("EvpSha3_256"), () => SHA3_256.HashData(data, to));
    Print("AES-128-GCM", () => Cipher("EvpAes128Gcm", nonce, 1), () => gcm.Encrypt(nonce, data, to, tag));
    Print("AES-128-CBC, encryption", () => Cipher("EvpAes128Cbc", vector, 1), () => aes.EncryptCbc(data, vector, to, PaddingMode.None));
    Print("AES-128-CBC, decryption", () => Cipher("EvpAes128Cbc", vector, 0), () => aes.DecryptCbc(data, vector, to, PaddingMode.None));

    void Digest(string name)
    {
        uint size;
        fixed (byte* from = data, result = to)
        {
            ((delegate* unmanaged<nint, byte*, int, byte*, uint*, int>)Function("EvpDigestOneShot"))(
                ((delegate* unmanaged<nint>)Function(name))(), from, Size, result, &size);
        }
    }

    void Cipher(string name, byte[] start, int encrypt)
    {
        int written;
        fixed (byte* k = key, iv = start, from = data, result = to)
        {
            nint context = ((delegate* unmanaged<nint, byte*, int, byte*, int, nint>)Function("EvpCipherCreate2"))(
                ((delegate* unmanaged<nint>)Function(name))(), k, key.Length * 8, iv, encrypt);
            ((delegate* unmanaged<nint, byte*, int*, byte*, int, int>)Function("EvpCipherUpdate"))(context, result, &written, from, Size);
            ((delegate* unmanaged<nint, byte*, int*, int>)Function("EvpCipherFinalEx"))(context, result, &written);
            ((delegate* unmanaged<nint, void>)Function("EvpCipherDestroy"))(context);
        }
    }
}

return 0;

nint Function(string name) => NativeLibrary.GetExport(handle, "CryptoNative_" + name);

static void Print(string name, Action ofGuest, Action ofHost) =>
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Speed(ofGuest):N0} | {Speed(ofHost):N0} |"));

// The best of several rounds, since other programs of the machine only make a round slower.
static double Speed(Action act)
{
    double best = 0;
    for (int round = 0; round < 10; round++)
    {
        int pieces = 0;
        long start = Stopwatch.GetTimestamp();
        for (; Stopwatch.GetElapsedTime(start).TotalMilliseconds < 50; pieces++)
        {
            act();
        }

        best = Math.Max(best, pieces * (double)Size / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6);
    }

    return best;
}
