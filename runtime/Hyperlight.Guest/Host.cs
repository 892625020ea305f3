using System.Runtime.InteropServices;
using System.Text;
using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>Calls functions of the host, by an interface or by name.</summary>
public static unsafe class Host
{
    // The kit keeps one result. A second thread must not call before the first thread has read it.
    private static readonly Lock Gate = new();

    /// <summary>Gets an object that calls the functions of the host. The compiler generates its class.</summary>
    /// <typeparam name="T">An interface with the attribute <see cref="HostInterfaceAttribute"/>.</typeparam>
    /// <returns>The same object each time. Threads of the guest can use it at the same time; their calls take turns.</returns>
    /// <exception cref="NotSupportedException">
    /// No class was generated, because the call is in an assembly without the generator of the package Hyperlight.Abstractions.
    /// </exception>
    public static T Get<T>()
        where T : class => HostProxy<T>.Instance ?? throw new NotSupportedException(
            $"No class was generated that calls the host through {typeof(T)}: reference the package Hyperlight.Abstractions, with its "
            + "analyzers, in the project that calls Host.Get.");

    /// <summary>Calls a function that returns a value. The guest waits for the result.</summary>
    /// <typeparam name="T">int, uint, long, ulong, float, double, string, bool, byte[] or ReadOnlyMemory&lt;byte&gt;.</typeparam>
    /// <param name="function">The name of the host function.</param>
    /// <param name="arguments">The arguments, at most six.</param>
    /// <exception cref="HostException">The function failed, or the host has no such function.</exception>
    /// <exception cref="NotSupportedException">The type of the result cannot cross between host and guest.</exception>
    public static T Call<T>(string function, params ReadOnlySpan<HostValue> arguments)
    {
        int type = WireResult.Of<T>();
        lock (Gate)
        {
            Invoke(function, type, arguments);
            RequireResult(function, type);
            return typeof(T) == typeof(int) ? (T)(object)GuestAbi.HostInt()
                : typeof(T) == typeof(uint) ? (T)(object)GuestAbi.HostUInt()
                : typeof(T) == typeof(long) ? (T)(object)GuestAbi.HostLong()
                : typeof(T) == typeof(ulong) ? (T)(object)GuestAbi.HostULong()
                : typeof(T) == typeof(float) ? (T)(object)BitConverter.UInt32BitsToSingle(GuestAbi.HostFloatBits())
                : typeof(T) == typeof(double) ? (T)(object)BitConverter.UInt64BitsToDouble(GuestAbi.HostDoubleBits())
                : typeof(T) == typeof(bool) ? (T)(object)(GuestAbi.HostBool() != 0)
                : typeof(T) == typeof(string) ? (T)(object)Marshal.PtrToStringUTF8((nint)GuestAbi.HostString())!
                : typeof(T) == typeof(byte[]) ? (T)(object)Copy(GuestAbi.HostBytes())
                : (T)(object)(ReadOnlyMemory<byte>)Copy(GuestAbi.HostBytes());
        }
    }

    /// <summary>Calls a function that returns nothing. The guest waits until the function has ended.</summary>
    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{HostValue})"/>
    public static void Call(string function, params ReadOnlySpan<HostValue> arguments)
    {
        lock (Gate)
        {
            Invoke(function, WireResult.Void, arguments);
        }
    }

    private static void Invoke(string function, int resultType, ReadOnlySpan<HostValue> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(function);
        Parameter* parameters = stackalloc Parameter[arguments.Length];
        Span<GCHandle> pins = stackalloc GCHandle[arguments.Length];
        try
        {
            for (int index = 0; index < arguments.Length; index++)
            {
                HostValue argument = arguments[index];
                parameters[index] = new() { Type = argument.Type, Value = argument.Bits };
                if (argument.Content is { } content)
                {
                    byte[] bytes = content as byte[] ?? Encoding.UTF8.GetBytes((string)content + "\0");
                    pins[index] = GCHandle.Alloc(bytes, GCHandleType.Pinned);
                    parameters[index].Value = (ulong)pins[index].AddrOfPinnedObject();
                    parameters[index].Length = (ulong)bytes.Length;
                }
            }

            fixed (byte* name = CText.Of(function))
            {
                FunctionCall call = new()
                {
                    Name = name,
                    Parameters = parameters,
                    ParameterCount = (nuint)arguments.Length,
                    ResultType = resultType,
                };
                int code = GuestAbi.CallHost(&call);
                if (code != 0)
                {
                    throw new HostException(code, Marshal.PtrToStringUTF8((nint)GuestAbi.HostErrorMessage()) ?? "");
                }
            }
        }
        finally
        {
            foreach (GCHandle pin in pins)
            {
                if (pin.IsAllocated)
                {
                    pin.Free();
                }
            }
        }
    }

    private static void RequireResult(string function, int type)
    {
        int found = GuestAbi.HostResultType();
        if (found != type)
        {
            throw new HostException(
                GuestException.Failed,
                $"Host function {function} returned {WireResult.Name(found)}, and the guest expects {WireResult.Name(type)}: "
                + "build host and guest from the same interface.");
        }
    }

    private static byte[] Copy(ByteVector* bytes) => new ReadOnlySpan<byte>(bytes->Data, (int)bytes->Length).ToArray();
}
