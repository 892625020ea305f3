using System.Runtime.InteropServices;

namespace Hostile;

/// <summary>Attacks by calls of the guest kit with pointers that it must not be given, or out of turn.</summary>
internal static unsafe partial class Kit
{
    public static string SetError(ulong address)
    {
        SetError(15, address);
        return "went on";
    }

    public static string CallHost(ulong address) => $"{CallHostFunction(address)}";

    public static string ReadNoResult(ulong address) => $"{HostString() == address}";

    public static string AbortWith(ulong address)
    {
        Abort(15, address);
        return "went on";
    }

    public static string Dispatch()
    {
        DispatchAgain();
        return "went on";
    }

    public static string DispatchNothing(ulong address) => $"{DispatchFunction(address)}";

    [LibraryImport("hyperlight", EntryPoint = "hl_set_error")]
    private static partial void SetError(int code, ulong message);

    [LibraryImport("hyperlight", EntryPoint = "hl_call_host_function")]
    private static partial int CallHostFunction(ulong call);

    [LibraryImport("hyperlight", EntryPoint = "hl_get_host_return_value_as_String")]
    private static partial ulong HostString();

    [LibraryImport("hyperlight", EntryPoint = "hl_abort_with_code_and_message")]
    private static partial void Abort(int code, ulong message);

    [LibraryImport("hyperlight", EntryPoint = "hl_dispatch")]
    private static partial void DispatchAgain();

    [LibraryImport("hyperlight", EntryPoint = "c_guest_dispatch_function")]
    private static partial ulong DispatchFunction(ulong call);
}
