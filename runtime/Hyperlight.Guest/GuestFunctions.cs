using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>
/// The functions that the host can call. Classes with the attribute GuestExport add their functions by themselves; a guest can add more by
/// name.
/// </summary>
public static unsafe class GuestFunctions
{
    private static readonly Dictionary<string, GuestFunctionBody> Functions = new(StringComparer.Ordinal);

    /// <summary>Adds a function.</summary>
    /// <param name="name">The name that the host calls.</param>
    /// <param name="body">The function.</param>
    /// <exception cref="ArgumentException">The name is empty, or there is a function of this name.</exception>
    public static void Register(string name, GuestFunctionBody body)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(body);
        Functions.Add(name, body);
    }

    /// <summary>Adds a function without parameters.</summary>
    /// <inheritdoc cref="Register"/>
    public static void Add<TResult>(string name, Func<TResult> body) => Register(name, arguments =>
    {
        arguments.RequireCount(0);
        return GuestResult.Of(body());
    });

    /// <summary>Adds a function with one parameter.</summary>
    /// <inheritdoc cref="Register"/>
    public static void Add<T, TResult>(string name, Func<T, TResult> body) => Register(name, arguments =>
    {
        arguments.RequireCount(1);
        return GuestResult.Of(body(arguments.Get<T>(0)));
    });

    /// <summary>Adds a function with two parameters.</summary>
    /// <inheritdoc cref="Register"/>
    public static void Add<T1, T2, TResult>(string name, Func<T1, T2, TResult> body) => Register(name, arguments =>
    {
        arguments.RequireCount(2);
        return GuestResult.Of(body(arguments.Get<T1>(0), arguments.Get<T2>(1)));
    });

    /// <summary>Adds a function with three parameters.</summary>
    /// <inheritdoc cref="Register"/>
    public static void Add<T1, T2, T3, TResult>(string name, Func<T1, T2, T3, TResult> body) => Register(name, arguments =>
    {
        arguments.RequireCount(3);
        return GuestResult.Of(body(arguments.Get<T1>(0), arguments.Get<T2>(1), arguments.Get<T3>(2)));
    });

    /// <summary>Runs the function that a call from the host names. The kit calls it.</summary>
    /// <returns>The message with the result; zero if there is no such function or it failed.</returns>
    [UnmanagedCallersOnly(EntryPoint = "c_guest_dispatch_function", CallConvs = [typeof(CallConvCdecl)])]
    private static nint Dispatch(FunctionCall* call)
    {
        try
        {
            SharedRandom.ForgetAfterRestore();
            string name = Marshal.PtrToStringUTF8((nint)call->Name) ?? "";
            return Functions.TryGetValue(name, out GuestFunctionBody? body) ? body(new(call)).Message : 0;
        }
        catch (Exception exception)
        {
            GuestFailure.Report(exception);
            return 0;
        }
    }
}
