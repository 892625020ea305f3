using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hyperlight.Conformance.Checks;

internal static unsafe class UnsafeChecks
{
    public static Area Area => new("unsafe code")
    {
        {
            "pointer arithmetic", () =>
            {
                int* p = stackalloc int[4];
                for (int i = 0; i < 4; i++)
                {
                    p[i] = i * i;
                }
                return *(p + 3) + p[2];
            }
        },
        { "fixed", () => { int[] a = [1, 2, 3]; fixed (int* p = a) { p[1] = 9; } return a; } },
        {
            "native memory", () =>
            {
                byte* p = (byte*)NativeMemory.AllocZeroed(1000);
                p[999] = 5;
                int sum = p[0] + p[999];
                p = (byte*)NativeMemory.Realloc(p, 100000);
                sum += p[999];
                NativeMemory.Free(p);
                return sum;
            }
        },
        {
            "aligned memory", () =>
            {
                void* p = NativeMemory.AlignedAlloc(100, 4096);
                bool aligned = (nuint)p % 4096 == 0;
                NativeMemory.AlignedFree(p);
                return aligned;
            }
        },
        {
            "large native memory", () =>
            {
                byte* p = (byte*)NativeMemory.Alloc(1 << 20);
                new Span<byte>(p, 1 << 20).Fill(1);
                int last = p[(1 << 20) - 1];
                NativeMemory.Free(p);
                return last;
            }
        },
        { "function pointer", () => { delegate*<int, int> f = &Double; return f(21); } },
        { "unmanaged function pointer", () => { delegate* unmanaged<int, int> f = &Triple; return f(14); } },
        { "structure layout", () => $"{sizeof(Packed)} {sizeof(Aligned)} {Marshal.OffsetOf<Aligned>(nameof(Aligned.B))}" },
        { "union", () => { Union u = default; u.Number = 1.0; return u.Bits.ToString("X", null); } },
        {
            "marshaled text", () =>
            {
                nint p = Marshal.StringToCoTaskMemUTF8("Grüße");
                string? back = Marshal.PtrToStringUTF8(p);
                Marshal.FreeCoTaskMem(p);
                return back;
            }
        },
        {
            "marshaled structure", () =>
            {
                nint p = Marshal.AllocHGlobal(16);
                Marshal.StructureToPtr(new Aligned { A = 1, B = 2 }, p, false);
                Aligned a = Marshal.PtrToStructure<Aligned>(p);
                Marshal.FreeHGlobal(p);
                return a.A + a.B;
            }
        },
        { "as another type", () => { float f = 1.5f; return Unsafe.As<float, uint>(ref f); } },
        { "reference arithmetic", () => { int[] a = [1, 2, 3]; return Unsafe.Add(ref a[0], 2); } },
        { "reference return", () => { int[] a = [1, 2]; ref int r = ref Largest(a); r = 50; return a; } },
        { "fixed buffer", () => { Buffer b = default; b.Bytes[3] = 7; return b.Bytes[3] + sizeof(Buffer); } },
        {
            "stack of a size known late", () =>
            {
                int n = (int)(Environment.TickCount64 % 3) * 0 + 300;
                Span<byte> s = stackalloc byte[n];
                s.Fill(2);
                return s[299] * s.Length;
            }
        },
        {
            "delegate to a pointer and back", () =>
            {
                Func<int, int> f = Double;
                nint p = Marshal.GetFunctionPointerForDelegate<IntFunction>(f.Invoke);
                return Marshal.GetDelegateForFunctionPointer<IntFunction>(p)(6);
            }
        },
        { "volatile", () => { int x = 0; Volatile.Write(ref x, 3); Thread.MemoryBarrier(); return Volatile.Read(ref x); } },
        { "block copy", () => { byte[] a = [1, 2, 3, 4], b = new byte[4]; System.Buffer.BlockCopy(a, 1, b, 0, 3); return b; } },
        { "unknown library", () => Missing() },
        { "library that may be absent", () => NativeLibrary.TryLoad("no-such-library", out _) },
    };

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int IntFunction(int value);

    [DllImport("no-such-library", EntryPoint = "missing")]
    private static extern int Missing();

    private static int Double(int value) => value * 2;

    [UnmanagedCallersOnly]
    private static int Triple(int value) => value * 3;

    private static ref int Largest(int[] values)
    {
        int at = 0;
        for (int i = 1; i < values.Length; i++)
        {
            at = values[i] > values[at] ? i : at;
        }
        return ref values[at];
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Packed
    {
        public byte A;
        public long B;
    }

    private struct Aligned
    {
        public byte A;
        public long B;
    }

    [StructLayout(LayoutKind.Explicit)]
    private struct Union
    {
        [FieldOffset(0)]
        public double Number;
        [FieldOffset(0)]
        public ulong Bits;
    }

    private struct Buffer
    {
        public fixed byte Bytes[10];
    }
}
