using Hyperlight.Concurrency;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Files;

/// <summary>
/// The content of a blob whose digest was checked, in sealed memory. A process has one copy of the content of a digest, however often and
/// from however many
/// folders the blob is opened.
/// </summary>
internal sealed class VerifiedContent : Shared
{
    private static readonly SteadyLock Guard = new();
    private static readonly Dictionary<string, VerifiedContent> InUse = new(StringComparer.Ordinal);

    private readonly string _digest;

    private VerifiedContent(string digest, SafeFileHandle handle)
    {
        _digest = digest;
        Handle = handle;
    }

    /// <summary>Gets the sealed file, which is open until the last user disposes the content.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>
    /// Finds the content of a digest; <c>null</c> if the content is not in use. The caller becomes a user of the content.
    /// </summary>
    public static VerifiedContent? TryShare(string digest)
    {
        using (Guard.Enter())
        {
            return InUse.TryGetValue(digest, out VerifiedContent? content) && content.TryShare() ? content : null;
        }
    }

    /// <summary>Makes content available to other users.</summary>
    /// <param name="digest">The digest, which the caller has checked.</param>
    /// <param name="handle">A sealed file with the content. The method takes ownership of the file.</param>
    /// <returns>
    /// The content, which may be a copy that another thread made available before. The caller becomes a user of the content.
    /// </returns>
    public static VerifiedContent Keep(string digest, SafeFileHandle handle)
    {
        using (Guard.Enter())
        {
            if (InUse.TryGetValue(digest, out VerifiedContent? faster) && faster.TryShare())
            {
                handle.Dispose();
                return faster;
            }

            return InUse[digest] = new(digest, handle);
        }
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        using (Guard.Enter())
        {
            // After the last user of this object has disposed it, another object may have taken its place in the table.
            if (InUse.TryGetValue(_digest, out VerifiedContent? content) && ReferenceEquals(content, this))
            {
                InUse.Remove(_digest);
            }
        }

        Handle.Dispose();
    }
}
