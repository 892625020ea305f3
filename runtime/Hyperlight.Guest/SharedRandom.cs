using System.Reflection;
using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>
/// Keeps sandboxes of one snapshot from drawing the same numbers from <see cref="Random.Shared"/>, whose state for each thread is part of
/// the snapshot.
/// </summary>
internal static class SharedRandom
{
    // The word of scratch with the number of the snapshot that the sandbox was restored to. A snapshot that is taken later has a higher
    // number, so the number differs from the last one that was seen at the first call after each restore.
    private const uint GenerationWord = 0x20;

    // No snapshot has the number that the field starts with, because the .NET runtime draws at the guest's start, before the first call.
    private static ulong _generation = ulong.MaxValue;

    /// <summary>Lets the thread that answers calls seed its generator anew, if the sandbox was restored since the last call.</summary>
    public static void ForgetAfterRestore()
    {
        ulong generation = GuestAbi.ScratchWord(GenerationWord);
        if (generation != _generation)
        {
            _generation = generation;
            Forget();
        }
    }

    // .NET has no public way to seed this generator. The compiler keeps the field, because both names are constants here.
    private static void Forget() =>
        Type.GetType("System.Random+ThreadSafeRandom, System.Private.CoreLib")
            ?.GetField("t_random", BindingFlags.Static | BindingFlags.NonPublic)
            ?.SetValue(null, null);
}
