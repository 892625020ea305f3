using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory;

/// <summary>A part of a file that memory shows. All numbers are bytes and multiples of the page size.</summary>
/// <param name="Offset">The offset of the part in the memory.</param>
/// <param name="Size">The size of the part, not 0.</param>
/// <param name="File">The file, which must not become shorter as long as the memory lives.</param>
/// <param name="FileOffset">The offset of the part in the file.</param>
internal readonly record struct FilePart(ulong Offset, ulong Size, SafeFileHandle File, ulong FileOffset);
