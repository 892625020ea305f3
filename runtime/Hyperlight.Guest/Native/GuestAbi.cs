using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Hyperlight.Guest.Native;

/// <summary>The functions of the guest kit (hyperlight_guest.h) that this library calls. They are linked into the guest.</summary>
internal static unsafe partial class GuestAbi
{
    private const string Library = "hyperlight";

    [LibraryImport(Library, EntryPoint = "hl_scratch_word")]
    public static partial ulong ScratchWord(uint offset);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_Int")]
    public static partial nint ResultFromInt(int value);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_UInt")]
    public static partial nint ResultFromUInt(uint value);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_Long")]
    public static partial nint ResultFromLong(long value);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_ULong")]
    public static partial nint ResultFromULong(ulong value);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_FloatBits")]
    public static partial nint ResultFromFloatBits(uint bits);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_DoubleBits")]
    public static partial nint ResultFromDoubleBits(ulong bits);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_Bool")]
    public static partial nint ResultFromBool(byte value);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_StringBytes")]
    public static partial nint ResultFromString(byte* text, nuint length);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_Bytes")]
    public static partial nint ResultFromBytes(byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "hl_flatbuffer_result_from_Void")]
    public static partial nint ResultFromVoid();

    [LibraryImport(Library, EntryPoint = "hl_get_String_length")]
    public static partial nuint StringLength(FunctionCall* call, nuint index);

    [LibraryImport(Library, EntryPoint = "hl_set_error")]
    public static partial void SetError(int code, byte* message);

    [LibraryImport(Library, EntryPoint = "hl_call_host_function")]
    public static partial int CallHost(FunctionCall* call);

    [LibraryImport(Library, EntryPoint = "hl_get_host_error_message")]
    public static partial byte* HostErrorMessage();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_type")]
    public static partial int HostResultType();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_value_as_Int")]
    public static partial int HostInt();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_value_as_UInt")]
    public static partial uint HostUInt();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_value_as_Long")]
    public static partial long HostLong();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_value_as_ULong")]
    public static partial ulong HostULong();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_value_as_FloatBits")]
    public static partial uint HostFloatBits();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_value_as_DoubleBits")]
    public static partial ulong HostDoubleBits();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_value_as_Bool")]
    public static partial byte HostBool();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_value_as_String")]
    public static partial byte* HostString();

    [LibraryImport(Library, EntryPoint = "hl_get_host_return_value_as_VecBytes")]
    public static partial ByteVector* HostBytes();

    [LibraryImport(Library, EntryPoint = "hl_log_enabled")]
    public static partial byte IsLogged(int level);

    [LibraryImport(Library, EntryPoint = "hl_log")]
    public static partial void Log(int level, byte* message, int line, byte* file);

    [LibraryImport(Library, EntryPoint = "hl_abort_with_code_and_message")]
    public static partial void Abort(int code, byte* message);
}
