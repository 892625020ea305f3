using System.Collections.Immutable;
using System.Globalization;
using Hyperlight.Diagnostics;
using Hyperlight.Images;

namespace Hyperlight.Snapshots.Formats;

/// <summary>
/// What upstream's config has no field for, as annotations of the manifest, which upstream leaves alone. A snapshot without any is one of upstream's.
/// </summary>
internal sealed record SnapshotAnnotations
{
    /// <summary>The most model-specific registers that are read; KVM lists some hundred.</summary>
    public const int MaxMsrs = 1024;

    private const string Prefix = "dev.hyperlight.sdk.";
    private const string NameKey = Prefix + "guest.name";
    private const string HeapSizeKey = Prefix + "heap.size";
    private const string ExtendedControlKey = Prefix + "xcr0";
    private const string MsrsKey = Prefix + "msrs";
    private const string AllowedMsrsKey = Prefix + "msrs.allowed";
    private const string ImageKey = Prefix + "initial";

    // XCR0's bits; x87 can never be off (Intel SDM volume 3, sections 2.6 and 13.3). MPX, AVX-512 and AMX are on or off as a whole.
    private const ulong X87 = 1;
    private const ulong Sse = 1 << 1;
    private const ulong Avx = 1 << 2;
    private const ulong Mpx = 0b11 << 3;
    private const ulong Avx512 = 0b111 << 5;
    private const ulong ProtectionKeys = 1 << 9;
    private const ulong Amx = 0b11 << 17;

    /// <summary>The guest's name.</summary>
    public string? GuestName { get; init; }

    /// <summary>
    /// Bytes of heap that the guest has. All of its untouched pages are one page in the blob, so the config has to say less: upstream's loader wants room
    /// in the blob for the heap that the config says.
    /// </summary>
    public ulong? HeapSize { get; init; }

    /// <summary>XCR0.</summary>
    public ulong ExtendedControl { get; init; } = X87;

    /// <summary>Model-specific registers, where the config has no field for them.</summary>
    public ImmutableArray<SnapshotMsr> Msrs { get; init; } = [];

    /// <summary>Those that the guest may use; null where nothing is said about it.</summary>
    public ImmutableArray<uint>? AllowedMsrs { get; init; }

    /// <summary>The digest of the manifest of the image that the guest was started from.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>As they are written.</summary>
    public IReadOnlyDictionary<string, string?> ToDictionary()
    {
        (string Key, string? Value)[] values =
        [
            (NameKey, GuestName),
            (HeapSizeKey, HeapSize?.ToString(CultureInfo.InvariantCulture)),
            (ExtendedControlKey, ExtendedControl == X87 ? null : Hex(ExtendedControl)),
            (MsrsKey, Msrs.IsEmpty ? null : string.Join(' ', Msrs.Select(register => $"{Hex(register.Index)}={Hex(register.Value)}"))),
            (AllowedMsrsKey, AllowedMsrs is { } allowed ? string.Join(' ', allowed.Select(index => Hex(index))) : null),
            (ImageKey, ImageDigest),
        ];
        return values.Where(value => value.Value is not null).ToDictionary(value => value.Key, value => value.Value);
    }

    /// <summary>Reads what a stranger may have written.</summary>
    /// <exception cref="FormatException">A value makes no sense; the message names its key.</exception>
    public static SnapshotAnnotations Read(IReadOnlyDictionary<string, string?>? annotations)
    {
        T? Parse<T>(string key, Func<string, T?> parse, T? missing) =>
            annotations?.GetValueOrDefault(key) is not { } text ? missing
            : parse(text) ?? throw new FormatException($"its annotation {key} has the value '{text[..Math.Min(text.Length, OneLine.MaxNameLength)]}', which makes no sense");

        return new()
        {
            GuestName = Parse(NameKey, text => OneLine.IsName(text) ? text : null, null),
            HeapSize = Parse<ulong?>(
                HeapSizeKey, text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong size) ? size : null, null),
            ExtendedControl = Parse<ulong?>(ExtendedControlKey, text => ParseHex(text) is { } value && IsExtendedControl(value) ? value : null, X87)!.Value,
            Msrs = Parse<ImmutableArray<SnapshotMsr>?>(MsrsKey, text => ParseList(text, ParseMsr), [])!.Value,
            AllowedMsrs = Parse<ImmutableArray<uint>?>(AllowedMsrsKey, text => ParseList(text, ParseIndex), null),
            ImageDigest = Parse(ImageKey, text => OciLayout.IsDigest(text) ? text : null, null),
        };
    }

    /// <summary>Whether a processor can have this in XCR0.</summary>
    public static bool IsExtendedControl(ulong value)
    {
        bool IsOff(ulong bits) => (value & bits) == 0;
        bool IsOn(ulong bits) => (value & bits) == bits;
        return IsOn(X87)
            && IsOff(~(X87 | Sse | Avx | Mpx | Avx512 | ProtectionKeys | Amx))
            && (IsOff(Avx) || IsOn(Sse))
            && (IsOff(Mpx) || IsOn(Mpx))
            && (IsOff(Avx512) || IsOn(Avx512 | Avx))
            && (IsOff(Amx) || IsOn(Amx));
    }

    private static ImmutableArray<T>? ParseList<T>(string text, Func<string, T?> parse)
        where T : struct
    {
        string[] words = text.Split(' ', MaxMsrs + 1, StringSplitOptions.RemoveEmptyEntries);
        T?[] values = [.. words.Select(parse)];
        return values.Length <= MaxMsrs && Array.TrueForAll(values, value => value is not null) ? [.. values.Select(value => value!.Value)] : null;
    }

    private static SnapshotMsr? ParseMsr(string text) =>
        text.Split('=') is [string index, string value] && ParseIndex(index) is { } number && ParseHex(value) is { } bits ? new(number, bits) : null;

    private static uint? ParseIndex(string text) => ParseHex(text) is { } value and <= uint.MaxValue ? (uint)value : null;

    private static ulong? ParseHex(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : null;

    private static string Hex(ulong value) => $"0x{value:X}";
}
