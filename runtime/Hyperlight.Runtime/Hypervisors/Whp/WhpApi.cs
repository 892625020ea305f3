using System.Runtime.InteropServices;

// Windows loads no library of this assembly from the folder of the program, where others may have put one.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.System32)]

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// The functions of <c>WinHvPlatform.dll</c>, under their own names. Each function returns an HRESULT, which is negative after a failure.
/// The marshaller keeps a partition from being deleted while a function uses the partition.
/// </summary>
internal static unsafe partial class WhpApi
{
    /// <summary>The number of a machine's only processor.</summary>
    public const uint Processor = 0;

    // The name has no ending such as .dll, so that the name is right on every operating system.
    private const string Library = "WinHvPlatform";

    [LibraryImport(Library)]
    public static partial int WHvGetCapability(WhpCapability code, void* buffer, uint size, uint* writtenSize);

    [LibraryImport(Library)]
    public static partial int WHvCreatePartition(out nint partition);

    [LibraryImport(Library)]
    public static partial int WHvSetPartitionProperty(WhpPartition partition, WhpProperty code, void* buffer, uint size);

    [LibraryImport(Library)]
    public static partial int WHvSetupPartition(WhpPartition partition);

    [LibraryImport(Library)]
    public static partial int WHvDeletePartition(nint partition);

    [LibraryImport(Library)]
    public static partial int WHvMapGpaRange(WhpPartition partition, void* source, ulong guestAddress, ulong size, uint permissions);

    // Windows 10 version 20H2.
    [LibraryImport(Library)]
    public static partial int WHvMapGpaRange2(
        WhpPartition partition, nint process, void* source, ulong guestAddress, ulong size, uint permissions);

    [LibraryImport(Library)]
    public static partial int WHvUnmapGpaRange(WhpPartition partition, ulong guestAddress, ulong size);

    [LibraryImport(Library)]
    public static partial int WHvCreateVirtualProcessor(WhpPartition partition, uint index, uint flags);

    [LibraryImport(Library)]
    public static partial int WHvDeleteVirtualProcessor(nint partition, uint index);

    [LibraryImport(Library)]
    public static partial int WHvRunVirtualProcessor(WhpPartition partition, uint index, void* exitContext, uint size);

    [LibraryImport(Library)]
    public static partial int WHvCancelRunVirtualProcessor(WhpPartition partition, uint index, uint flags);

    [LibraryImport(Library)]
    public static partial int WHvGetVirtualProcessorRegisters(WhpPartition partition, uint index, void* names, uint count, void* values);

    [LibraryImport(Library)]
    public static partial int WHvSetVirtualProcessorRegisters(WhpPartition partition, uint index, void* names, uint count, void* values);

    // Windows 10 version 1809.
    [LibraryImport(Library)]
    public static partial int WHvGetVirtualProcessorXsaveState(
        WhpPartition partition, uint index, void* buffer, uint size, uint* writtenSize);

    // Windows 10 version 1809.
    [LibraryImport(Library)]
    public static partial int WHvSetVirtualProcessorXsaveState(WhpPartition partition, uint index, void* buffer, uint size);
}
