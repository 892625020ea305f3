using System.Globalization;
using System.Reflection;
using Hyperlight.Oci;

namespace Hyperlight.Images;

/// <summary>
/// The record of an assembly about a guest of its project, in an <see cref="AssemblyMetadataAttribute"/>: the digest of the image, and
/// the files that sandboxes show the guest. A build writes
/// the attribute in every language; <see cref="GuestImage.Open(Assembly, string, Action{GuestImageOptions}, CancellationToken)"/> reads it.
/// </summary>
/// <param name="ContentDigest">The digest of the content, see <see cref="GuestImage.ContentDigest"/>.</param>
/// <param name="Files">The label and the address of each file.</param>
internal sealed record GuestRecord(string ContentDigest, IReadOnlyList<(string Label, ulong Address)> Files)
{
    /// <summary>The start of the key of the attribute. The rest of the key is the guest's name.</summary>
    public const string KeyPrefix = "Hyperlight.Guest.";

    private const string AddressPrefix = "0x";

    /// <summary>
    /// Gets the value of the attribute: <c>sha256:…</c>, then <c>;label@0x80000000</c> for each file. Labels have no <c>;</c> and no
    /// <c>@</c>.
    /// </summary>
    public string ToText() =>
        ContentDigest + string.Concat(
            Files.Select(file => string.Create(CultureInfo.InvariantCulture, $";{file.Label}@{AddressPrefix}{file.Address:X}")));

    /// <summary>Reads the value of the attribute; <c>null</c> if the value is not valid.</summary>
    public static GuestRecord? Parse(string text)
    {
        string[] parts = text.Split(';');
        List<(string, ulong)> files = [];
        foreach (string part in parts.AsSpan(1))
        {
            int end = part.IndexOf('@');
            if (end < 1
                || !part.AsSpan(end + 1).StartsWith(AddressPrefix, StringComparison.Ordinal)
                || !ulong.TryParse(
                    part.AsSpan(end + 1 + AddressPrefix.Length),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out ulong address))
            {
                return null;
            }

            files.Add((part[..end], address));
        }

        return OciLayout.IsDigest(parts[0]) ? new(parts[0], files) : null;
    }

    /// <summary>Finds the record of a guest.</summary>
    /// <exception cref="HyperlightException">HL3018: the assembly has no such record.</exception>
    public static GuestRecord Find(Assembly assembly, string guest)
    {
        AssemblyMetadataAttribute[] all =
            [.. assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Where(
                attribute => attribute.Key.StartsWith(KeyPrefix, StringComparison.Ordinal))];
        if (Array.Find(all, attribute => attribute.Key.AsSpan(KeyPrefix.Length).SequenceEqual(guest)) is { Value: { } value }
            && Parse(value) is { } record)
        {
            return record;
        }

        string known = all.Length == 0
            ? "no guest at all"
            : string.Join(", ", all.Select(attribute => $"'{attribute.Key[KeyPrefix.Length..]}'").Order(StringComparer.Ordinal));
        throw new HyperlightException(Rules.GuestNotInAssembly.Found(
            $"the assembly {assembly.GetName().Name} was built without a guest '{guest}', it has {known}: name a guest of the project "
            + $"that builds this assembly."));
    }
}
