namespace Hyperlight.Oci;

/// <summary>A kind of manifest.</summary>
/// <param name="ConfigMediaType">The media type of the config.</param>
/// <param name="LayerMediaTypes">The media types of the layers.</param>
internal sealed record ManifestKind(string ConfigMediaType, params string[] LayerMediaTypes);
