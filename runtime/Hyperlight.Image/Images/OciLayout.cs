namespace Hyperlight.Images;

/// <summary>The names of an OCI image layout directory (OCI image spec 1.0) and the media types of its blobs (DESIGN section 5, amd64 sheet section 8).</summary>
internal static class OciLayout
{
    public const string MarkerFile = "oci-layout";
    public const string IndexFile = "index.json";
    public const string Version = "1.0.0";
    public const int SchemaVersion = 2;
    public const string TagAnnotation = "org.opencontainers.image.ref.name";
    public const string DigestPrefix = "sha256:";

    public const string IndexMediaType = "application/vnd.oci.image.index.v1+json";
    public const string ManifestMediaType = "application/vnd.oci.image.manifest.v1+json";
    public const string ConfigMediaType = "application/vnd.hyperlight.sdk.image.config.v1+json";
    public const string MemoryMediaType = "application/vnd.hyperlight.snapshot.memory.v1";

    /// <summary>The tag of a guest that was loaded and has not run.</summary>
    public const string InitialTag = "initial";

    /// <summary>The greatest JSON document that is written or read, in bytes (amd64 sheet, section 8.3).</summary>
    public const int MaxJsonSize = 1 << 20;

    /// <summary>Where the blobs are in an image directory.</summary>
    public static string BlobDirectory(string imageDirectory) => Path.Combine(imageDirectory, "blobs", "sha256");
}
