using System.Collections.Immutable;
using System.Security.Cryptography;
using Hyperlight.Files;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Oci;

// Memory blobs. The bytes that are hashed are kept in sealed memory, and sandboxes map that memory.
internal sealed partial class OciReader
{
    /// <summary>Opens a layer of a manifest that was read.</summary>
    /// <param name="descriptor">The descriptor of the blob.</param>
    /// <param name="size">The size in bytes, from the config.</param>
    /// <param name="use">The use of the content.</param>
    /// <param name="ranges">The ranges of a guest's memory that the blob stores; <c>null</c> if the blob stores all of the memory.</param>
    public SharedFile OpenMemory(OciDescriptor descriptor, ulong size, ContentUse use, ImmutableArray<StoredRange>? ranges = null)
    {
        SafeFileHandle file = OpenBlob(descriptor, descriptor.MediaType);
        SharedFile? opened = null;
        try
        {
            long length = RandomAccess.GetLength(file);
            if (length != descriptor.Size || (ulong)length != size)
            {
                throw Failure(
                    Rules.ImageMalformed,
                    $"its memory blob has 0x{length:X} bytes, manifest and config say 0x{descriptor.Size:X} and 0x{size:X}");
            }

            return opened = use switch
            {
                ContentUse.Mapped when FileSystem.IsLocal(file) => new(file) { Ranges = ranges },
                ContentUse.Verified => OpenVerified(descriptor, file, ranges),
                _ when SealedFile.IsSupported => SharedFile.Sealed(
                    SealedFile.Copy(Subject, file, descriptor.Size, hash: null, cancellationToken), ranges),
                _ => new(file) { Ranges = ranges },
            };
        }
        finally
        {
            if (opened?.Handle != file)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>Gets the name of the directory in messages.</summary>
    private string Subject => $"the {what} '{directory}'";

    private SharedFile OpenVerified(OciDescriptor descriptor, SafeFileHandle file, ImmutableArray<StoredRange>? ranges)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        VerifiedContent? known = VerifiedContent.TryShare(descriptor.Digest);
        SafeFileHandle? copy = null;
        try
        {
            if (known is null && SealedFile.IsSupported)
            {
                copy = SealedFile.Copy(Subject, file, descriptor.Size, hash, cancellationToken);
            }
            else
            {
                SealedFile.Read(file, descriptor.Size, (chunk, _) => hash.AppendData(chunk.Span), cancellationToken);
            }

            VerifyDigest(descriptor, hash.GetHashAndReset());
        }
        catch
        {
            known?.Dispose();
            copy?.Dispose();
            throw;
        }

        known ??= copy is null ? null : VerifiedContent.Keep(descriptor.Digest, copy);
        return known is null ? new(file) { Ranges = ranges } : SharedFile.Sealed(known, ranges);
    }
}
