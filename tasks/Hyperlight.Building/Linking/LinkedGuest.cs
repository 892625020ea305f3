namespace Hyperlight.Linking;

/// <summary>A guest that was linked.</summary>
/// <param name="Image">The ELF file of the guest, without symbols.</param>
/// <param name="SymbolFile">The ELF file of the guest with its symbols, for debuggers.</param>
/// <param name="Map">The text that says where each section of each object lies.</param>
internal sealed record LinkedGuest(byte[] Image, byte[] SymbolFile, string Map);
