using Hyperlight.Concurrency;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Images;

/// <summary>
/// The content of a blob whose digest was checked, in sealed memory. What is in use is there once in a process, however often and from however many
/// folders it is opened: a digest names one content.
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

    /// <summary>The sealed file, open until the last user disposes this.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>The content of a digest, when it is in use. The caller is a user of it then.</summary>
    public static VerifiedContent? TryShare(string digest)
    {
        using (Guard.Enter())
        {
            return InUse.TryGetValue(digest, out VerifiedContent? content) && content.TryShare() ? content : null;
        }
    }

    /// <summary>Lets others share a content.</summary>
    /// <param name="digest">Its digest, which was checked.</param>
    /// <param name="handle">A sealed file of it, taken over.</param>
    /// <returns>The content, of which the caller is a user: another one when somebody was faster.</returns>
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
            // Another one has taken the place when it was asked for after the last user had gone.
            if (InUse.TryGetValue(_digest, out VerifiedContent? content) && ReferenceEquals(content, this))
            {
                InUse.Remove(_digest);
            }
        }

        Handle.Dispose();
    }
}
