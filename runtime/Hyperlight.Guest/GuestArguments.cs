using System.Text;
using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>The arguments of a call from the host.</summary>
public readonly unsafe ref struct GuestArguments
{
    private readonly FunctionCall* _call;

    internal GuestArguments(FunctionCall* call) => _call = call;

    /// <summary>Gets the number of arguments.</summary>
    public int Count => (int)_call->ParameterCount;

    /// <summary>Checks the number of arguments.</summary>
    /// <param name="count">The number of parameters of the function.</param>
    /// <exception cref="GuestException">The host passed another number of arguments (error 5).</exception>
    public void RequireCount(int count)
    {
        if (Count != count)
        {
            throw new GuestException(GuestException.WrongParameterCount, $"the function has {count} parameters; the host passed {Count}.");
        }
    }

    /// <summary>Gets an argument. Texts and bytes are copied.</summary>
    /// <typeparam name="T">int, uint, long, ulong, float, double, string, bool, byte[] or ReadOnlyMemory&lt;byte&gt;.</typeparam>
    /// <param name="index">The index of the argument, from 0.</param>
    /// <exception cref="GuestException">The host passed another type (error 14).</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no argument of this index.</exception>
    /// <exception cref="NotSupportedException">The type cannot cross between host and guest.</exception>
    public T Get<T>(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        Parameter* parameter = &_call->Parameters[index];
        int type = WireParameter.Of<T>();
        if (parameter->Type != type)
        {
            throw new GuestException(
                GuestException.WrongParameterType,
                $"parameter {index + 1} is {WireParameter.Name(type)}; the host passed {WireParameter.Name(parameter->Type)}.");
        }

        ulong value = parameter->Value;
        return typeof(T) == typeof(int) ? (T)(object)(int)value
            : typeof(T) == typeof(uint) ? (T)(object)(uint)value
            : typeof(T) == typeof(long) ? (T)(object)(long)value
            : typeof(T) == typeof(ulong) ? (T)(object)value
            : typeof(T) == typeof(float) ? (T)(object)BitConverter.UInt32BitsToSingle((uint)value)
            : typeof(T) == typeof(double) ? (T)(object)BitConverter.UInt64BitsToDouble(value)
            : typeof(T) == typeof(bool) ? (T)(object)((byte)value != 0)
            : typeof(T) == typeof(string)
                ? (T)(object)Encoding.UTF8.GetString((byte*)value, (int)GuestAbi.StringLength(_call, (nuint)index))
            : typeof(T) == typeof(byte[]) ? (T)(object)Copy(parameter)
            : (T)(object)(ReadOnlyMemory<byte>)Copy(parameter);
    }

    private static byte[] Copy(Parameter* parameter) => new ReadOnlySpan<byte>((void*)parameter->Value, (int)parameter->Length).ToArray();
}
