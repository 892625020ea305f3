using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hostile;

/// <summary>Attacks by pointers to anything.</summary>
internal static unsafe class Wild
{
    public static string Write(ulong address)
    {
        *(ulong*)address = 0x4141_4141_4141_4141;
        return "written";
    }

    public static string Read(ulong address) => $"{*(ulong*)address:x}";

    public static string Jump(ulong address)
    {
        ((delegate* unmanaged<void>)address)();
        return "came back";
    }

    /// <summary>Overwrites 64 KiB from an address on.</summary>
    public static string Fill(ulong address)
    {
        NativeMemory.Fill((void*)address, 1 << 16, 0x41);
        return $"filled, then {new byte[1000].Length}";
    }

    /// <summary>Writes to addresses that follow from a seed: near the code, the stack, the heap, or anywhere.</summary>
    public static string WriteEverywhere(ulong seed)
    {
        ulong[] near = [(ulong)(delegate*<ulong, string>)&Read, (ulong)&seed, Address(new object()), 0, 0xFFFF_8000_0000_0000, seed << 20];
        for (int i = 0; i < 100_000; i++)
        {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            try
            {
                *(ulong*)(near[seed % (ulong)near.Length] + (seed >> 40)) = seed;
            }
            catch (NullReferenceException)
            {
            }
        }

        return "survived";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string OverwriteStack()
    {
        ulong here = 0;
        for (int i = 0; i < 64; i++)
        {
            (&here)[i] = 0x4141_4141_4141;
        }

        return "returned";
    }

    public static string OverwriteObjects()
    {
        object[] objects = [.. Enumerable.Range(0, 1000).Select(i => new object())];
        foreach (object item in objects)
        {
            *(ulong*)Address(item) = 0x4242_4242_4240;
        }

        GC.Collect();
        return $"{objects[10].GetHashCode() == 0}";
    }

    /// <summary>Writes machine code into memory and calls it: a write to a port that the host does not know.</summary>
    public static string RunMachineCode()
    {
        byte[] code = [0xB0, 0x01, 0xE6, 0x77, 0xC3];
        long address = SystemCalls.Call(SystemCalls.Map, 0, 4096, 7, 0x22, -1, 0);
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        return Jump((ulong)address);
    }

    /// <summary>Runs up to 8 bytes of machine code at the privilege of the kernel, and then returns.</summary>
    public static string RunAsKernel(ulong code)
    {
        long address = SystemCalls.Call(SystemCalls.Map, 0, 4096, 7, 0x22, -1, 0);
        *(ulong*)address = code;
        ((byte*)address)[sizeof(ulong)] = 0xC3;
        return $"{Jump((ulong)address)} {new byte[1000].Length}";
    }

    private static ulong Address(object item) => (ulong)*(nint*)Unsafe.AsPointer(ref item);
}
