using System.Buffers.Binary;
using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Protocol;

/// <summary>Changes bytes of messages: reading a message succeeds or fails with the documented exception.</summary>
public class HostileMessageTests
{
    private const int Seed = 20261122;
    private const int MutationsPerVector = 4000;

    // Offsets at the limits of every check.
    private static readonly uint[] Edges = [0, 1, 3, 4, 0x7F, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFF];

    public static TheoryData<string> Vectors => [.. RecordedMessages.Names];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Every_truncation_is_refused_or_read(string vector)
    {
        byte[] message = RecordedMessages.Get(vector);
        for (int length = 0; length < message.Length; length++)
        {
            ReadAsAnything(message[..length]);
        }
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Random_changes_are_refused_or_read(string vector)
    {
        byte[] original = RecordedMessages.Get(vector);
        Random random = new(Seed);
        int refused = 0;
        for (int i = 0; i < MutationsPerVector; i++)
        {
            byte[] message = [.. original];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                Mutate(message, random);
            }

            refused += ReadAsAnything(message);
        }

        // About half of the changes hit padding or values. If nearly no message is refused, the checks do not work.
        Assert.InRange(refused, MutationsPerVector / 10, 3 * MutationsPerVector);
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_message_read_as_another_kind_is_refused_or_read(string vector) => ReadAsAnything(RecordedMessages.Get(vector));

    [Fact]
    public void A_string_without_its_nul_is_refused()
    {
        byte[] message = RecordedMessages.Get("result-string");
        message[message.AsSpan().IndexOf("hello\n"u8) + 6] = 1;

        Assert.Contains(
            "NUL", Assert.Throws<GuestProtocolException>(() => FunctionResultMessage.Read(message, out _)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_string_that_is_not_utf8_is_refused()
    {
        byte[] message = RecordedMessages.Get("result-string");
        message[message.AsSpan().IndexOf("hello\n"u8)] = 0xFF;

        Assert.Contains(
            "UTF-8", Assert.Throws<GuestProtocolException>(() => FunctionResultMessage.Read(message, out _)).Message,
            StringComparison.Ordinal);
    }

    private static void Mutate(byte[] message, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                message[random.Next(message.Length)] = (byte)random.Next(256);
                break;
            case 1:
                BinaryPrimitives.WriteUInt32LittleEndian(
                    message.AsSpan(random.Next(message.Length / 4) * 4), Edges[random.Next(Edges.Length)]);
                break;
            default:
                BinaryPrimitives.WriteUInt16LittleEndian(
                    message.AsSpan(random.Next(message.Length / 2) * 2), (ushort)Edges[random.Next(Edges.Length)]);
                break;
        }
    }

    private static int ReadAsAnything(byte[] message) =>
        Refused(() => FunctionResultMessage.Read(message, out _))
        + Refused(() => GuestLogMessage.Read(message, int.MaxValue))
        + Refused(() =>
        {
            FunctionCallMessage call = FunctionCallMessage.Read(message);
            for (int i = 0; i < call.ParameterCount; i++)
            {
                call.Parameter(i);
            }
        });

    private static int Refused(Action read)
    {
        try
        {
            read();
            return 0;
        }
        catch (GuestProtocolException)
        {
            return 1;
        }
    }
}
