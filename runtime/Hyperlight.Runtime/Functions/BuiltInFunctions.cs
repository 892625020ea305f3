using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Hyperlight.Functions;

/// <summary>
/// The host functions that every sandbox offers for the clock and the random numbers of its guest. Their names are reserved.
/// Snapshots do not record the functions, so that other hosts can run the guest too: a guest that lacks them gets error 17.
/// </summary>
internal static class BuiltInFunctions
{
    /// <summary>The name of the function that tells the time.</summary>
    public const string Clock = "HyperlightClock";

    /// <summary>The name of the function that gives random bytes.</summary>
    public const string Random = "HyperlightRandom";

    /// <summary>The greatest number of random bytes that a call gives.</summary>
    public const int MostRandomBytes = 4096;

    private const int NanosecondsPerTick = (int)(1_000_000_000 / TimeSpan.TicksPerSecond);

    /// <summary>Gets the reserved names.</summary>
    public static ImmutableArray<string> Names { get; } = [Clock, Random];

    /// <summary>
    /// Creates <see cref="Clock"/>. The result has three little-endian numbers of 8 bytes: the nanoseconds since 1970 (UTC), nanoseconds
    /// that only grow and have the same origin for all sandboxes with the same clock, and the ticks of the guest's time-stamp counter in a
    /// second, 0 if they are not known.
    /// </summary>
    /// <param name="time">The clock of the host.</param>
    /// <param name="tscFrequency">Gets the ticks of the guest's time-stamp counter in a second.</param>
    public static HostFunction TellTime(TimeProvider time, Func<ulong> tscFrequency) => new([], GuestValueKind.Bytes, (_, _) =>
    {
        byte[] answer = new byte[3 * sizeof(long)];
        Int128 wall = (Int128)NanosecondsPerTick * (time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks);
        Int128 monotonic = (Int128)1_000_000_000 * time.GetTimestamp() / time.TimestampFrequency;
        BinaryPrimitives.WriteInt64LittleEndian(answer, long.CreateSaturating(wall));
        BinaryPrimitives.WriteInt64LittleEndian(answer.AsSpan(sizeof(long)), long.CreateSaturating(monotonic));
        BinaryPrimitives.WriteUInt64LittleEndian(answer.AsSpan(2 * sizeof(long)), tscFrequency());
        return answer;
    });

    /// <summary>
    /// Gets <see cref="Random"/>. The argument is the number of bytes, 1 to <see cref="MostRandomBytes"/>. The bytes are those of the
    /// host's generator for keys.
    /// </summary>
    public static HostFunction GiveRandomBytes { get; } = new([GuestValueKind.Int], GuestValueKind.Bytes, (arguments, _) =>
    {
        int count = arguments[0].AsInt();
        return count is > 0 and <= MostRandomBytes
            ? RandomNumberGenerator.GetBytes(count)
            : throw new GuestVisibleException($"{Random} gives 1 to {MostRandomBytes} bytes, the call asks for {count}");
    });
}
