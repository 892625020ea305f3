using System.Collections.Immutable;
using System.Globalization;
using Hyperlight.Diagnostics;
using Hyperlight.Oci;
using static Hyperlight.Hypervisors.ControlBits;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// The facts for which upstream's config has no field, as annotations of the manifest. Upstream ignores these annotations, and snapshots
/// that upstream saved have none of them.
/// </summary>
internal sealed record SnapshotAnnotations
{
    /// <summary>The greatest number of model-specific registers that are read. KVM lists about a hundred.</summary>
    public const int MaxMsrs = 1024;

    private const string Prefix = "dev.hyperlight.sdk.";
    private const string NameKey = Prefix + "guest.name";
    private const string HeapSizeKey = Prefix + "heap.size";
    private const string ExtendedControlKey = Prefix + "xcr0";
    private const string MsrsKey = Prefix + "msrs";
    private const string AllowedMsrsKey = Prefix + "msrs.allowed";
    private const string ImageKey = Prefix + "initial";
    private const string RegistersKey = Prefix + "registers";
    private const string Neutral = "neutral";

    /// <summary>Gets the guest's name; <c>null</c> if the snapshot does not record the name.</summary>
    public string? GuestName { get; init; }

    /// <summary>
    /// Gets the size of the guest's heap in bytes; <c>null</c> if the config has the size. The config must record less than this size
    /// because the blob stores one page for all untouched pages of the heap, and upstream's loader refuses a blob that is too small for the
    /// heap of the config.
    /// </summary>
    public ulong? HeapSize { get; init; }

    /// <summary>Gets the value of XCR0.</summary>
    public ulong ExtendedControl { get; init; } = Xcr0X87;

    /// <summary>Gets the model-specific registers, in ABI version 1. In ABI version 2 the config has them.</summary>
    public ImmutableArray<SnapshotMsr> Msrs { get; init; } = [];

    /// <summary>
    /// Gets the numbers of the model-specific registers that the guest may use; <c>null</c> if the snapshot does not record the numbers.
    /// </summary>
    public ImmutableArray<uint>? AllowedMsrs { get; init; }

    /// <summary>
    /// Gets the digest of the manifest of the image that the guest was started from; <c>null</c> if the digest is not known.
    /// </summary>
    public string? ImageDigest { get; init; }

    /// <summary>
    /// Gets whether no register of the config depends on the hypervisor. If so, the snapshot can be loaded on any hypervisor.
    /// </summary>
    public bool HasNeutralRegisters { get; init; }

    /// <summary>Gets the annotations of the manifest.</summary>
    public IReadOnlyDictionary<string, string?> ToDictionary()
    {
        (string Key, string? Value)[] values =
        [
            (NameKey, GuestName),
            (HeapSizeKey, HeapSize?.ToString(CultureInfo.InvariantCulture)),
            (ExtendedControlKey, ExtendedControl == Xcr0X87 ? null : Hex(ExtendedControl)),
            (MsrsKey, Msrs.IsEmpty ? null : string.Join(' ', Msrs.Select(register => $"{Hex(register.Index)}={Hex(register.Value)}"))),
            (AllowedMsrsKey, AllowedMsrs is { } allowed ? string.Join(' ', allowed.Select(index => Hex(index))) : null),
            (ImageKey, ImageDigest),
            (RegistersKey, HasNeutralRegisters ? Neutral : null),
        ];
        return values.Where(value => value.Value is not null).ToDictionary(value => value.Key, value => value.Value);
    }

    /// <summary>Reads untrusted annotations.</summary>
    /// <exception cref="FormatException">A value is not valid. The message names the key.</exception>
    public static SnapshotAnnotations Read(IReadOnlyDictionary<string, string?>? annotations)
    {
        T? Parse<T>(string key, Func<string, T?> parse, T? missing) =>
            annotations?.GetValueOrDefault(key) is not { } text ? missing
            : parse(text)
                ?? throw new FormatException(
                    $"its annotation {key} has the value '{text[..Math.Min(text.Length, OneLine.MaxNameLength)]}', which is not valid");

        return new()
        {
            GuestName = Parse(NameKey, text => OneLine.IsName(text) ? text : null, null),
            HeapSize = Parse<ulong?>(
                HeapSizeKey,
                text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong size) ? size : null,
                null),
            ExtendedControl = Parse<ulong?>(
                ExtendedControlKey,
                text => ParseHex(text) is { } value && IsExtendedControl(value) ? value : null,
                Xcr0X87)!.Value,
            Msrs = Parse<ImmutableArray<SnapshotMsr>?>(MsrsKey, text => ParseList(text, ParseMsr), [])!.Value,
            AllowedMsrs = Parse<ImmutableArray<uint>?>(AllowedMsrsKey, text => ParseList(text, ParseIndex), null),
            ImageDigest = Parse(ImageKey, text => OciLayout.IsDigest(text) ? text : null, null),
            HasNeutralRegisters = Parse<bool?>(RegistersKey, text => text == Neutral ? true : null, false)!.Value,
        };
    }

    /// <summary>Checks whether a processor accepts a value for XCR0.</summary>
    public static bool IsExtendedControl(ulong value)
    {
        bool IsOff(ulong bits) => (value & bits) == 0;
        bool IsOn(ulong bits) => (value & bits) == bits;
        return IsOn(Xcr0X87)
            && IsOff(~(Xcr0X87 | Xcr0Sse | Xcr0Avx | Xcr0Mpx | Xcr0Avx512 | Xcr0ProtectionKeys | Xcr0Amx))
            && (IsOff(Xcr0Avx) || IsOn(Xcr0Sse))
            && (IsOff(Xcr0Mpx) || IsOn(Xcr0Mpx))
            && (IsOff(Xcr0Avx512) || IsOn(Xcr0Avx512 | Xcr0Avx))
            && (IsOff(Xcr0Amx) || IsOn(Xcr0Amx));
    }

    private static ImmutableArray<T>? ParseList<T>(string text, Func<string, T?> parse)
        where T : struct
    {
        string[] words = text.Split(' ', MaxMsrs + 1, StringSplitOptions.RemoveEmptyEntries);
        T?[] values = [.. words.Select(parse)];
        return values.Length <= MaxMsrs && Array.TrueForAll(values, value => value is not null)
            ? [.. values.Select(value => value!.Value)]
            : null;
    }

    private static SnapshotMsr? ParseMsr(string text) =>
        text.Split('=') is [string index, string value] && ParseIndex(index) is { } number && ParseHex(value) is { } bits
            ? new(number, bits)
            : null;

    private static uint? ParseIndex(string text) => ParseHex(text) is { } value and <= uint.MaxValue ? (uint)value : null;

    private static ulong? ParseHex(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : null;

    private static string Hex(ulong value) => $"0x{value:X}";
}
