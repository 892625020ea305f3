namespace Hyperlight.Generator;

/// <summary>
/// A class of a guest whose methods the host calls. The record has texts and no symbols, so that it can be compared with the record of an
/// earlier run of the generator.
/// </summary>
/// <param name="Type">The class, with namespace.</param>
/// <param name="Hosts">The host interfaces that the constructor takes, in its order.</param>
/// <param name="Guests">The guest interfaces that the class implements.</param>
internal sealed record GuestExport(string Type, EquatableArray<ExportedInterface> Hosts, EquatableArray<ExportedInterface> Guests);

/// <summary>An interface of an exported class.</summary>
/// <param name="Type">The interface, with namespace.</param>
/// <param name="Methods">The methods.</param>
internal sealed record ExportedInterface(string Type, EquatableArray<GuestMethod> Methods);

/// <summary>An exported class and its problems.</summary>
/// <param name="Export">The class; <c>null</c> if it has a problem.</param>
/// <param name="Problems">The problems.</param>
internal sealed record GuestExportReading(GuestExport? Export, EquatableArray<Problem> Problems);
