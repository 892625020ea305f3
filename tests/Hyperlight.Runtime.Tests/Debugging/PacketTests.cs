using System.Text;
using Hyperlight.Debugging;

namespace Hyperlight.Runtime.Tests.Debugging;

/// <summary>Tests the packets of gdb's remote protocol, also with bytes that no debugger sends.</summary>
public class PacketTests
{
    [Fact]
    public void Every_byte_goes_there_and_back()
    {
        string data = new([.. Enumerable.Range(0, 256).Select(value => (char)value)]);
        PacketReader reader = new();

        PacketEvent[] events = [.. PacketWriter.Write(data).Select(reader.Read)];

        Assert.Equal(PacketEvent.Packet, events[^1]);
        Assert.All(events[..^1], completed => Assert.Equal(PacketEvent.None, completed));
        Assert.Equal(data, reader.Data);
    }

    [Theory]
    [InlineData("$g#67", "Packet")]
    [InlineData("$g#68", "Damaged")]
    [InlineData("+", "Acknowledged")]
    [InlineData("-", "Refused")]
    [InlineData("\u0003", "Interrupt")]
    [InlineData("POST / HTTP/1.1", "Broken")]
    [InlineData("$g#zz", "Broken")]
    [InlineData("$$g#67", "Damaged")]
    public void Bytes_complete_what_they_stand_for(string bytes, string expected)
    {
        PacketReader reader = new();

        PacketEvent[] events = [.. Encoding.Latin1.GetBytes(bytes).Select(reader.Read)];

        Assert.Equal(expected, events.First(completed => completed != PacketEvent.None).ToString());
    }

    [Fact]
    public void A_packet_that_is_too_long_ends_the_conversation()
    {
        PacketReader reader = new();
        reader.Read((byte)'$');

        PacketEvent[] events = [.. Enumerable.Repeat((byte)'a', PacketReader.MaxLength + 1).Select(reader.Read)];

        Assert.All(events[..^1], completed => Assert.Equal(PacketEvent.None, completed));
        Assert.Equal(PacketEvent.Broken, events[^1]);
    }

    [Fact]
    public void Garbage_never_throws_and_every_answer_is_a_packet()
    {
        // Real packets, and mutants of them: with bytes that are changed, added and left out.
        string[] seeds =
        [
            "qSupported:swbreak+", "?", "g", "G00", "p10", "P10=8877665544332211", "m1000,10", "M1000,2:abcd", "X1000,2:ab", "Z0,401000,1",
            "z0,401000,1", "Z2,1000,8", "z2,1000,8", "Z4,1000,8", "c", "s401000", "vCont;c", "vCont;s:1;c", "vCont;r401000,401010:1",
            "vCont?", "Hg0", "T1", "D", "k", "qXfer:features:read:target.xml:0,ffb", "qOffsets", "qfThreadInfo", "qAttached:1", "vKill;1",
        ];
        Random random = new(13);
        FakeTarget target = new(TargetDescription.Amd64);
        DebugSession session = new();
        for (int i = 0; i < 20_000; i++)
        {
            StringBuilder mutant = new(seeds[random.Next(seeds.Length)]);
            for (int changes = random.Next(4); changes > 0; changes--)
            {
                int place = random.Next(mutant.Length + 1);
                if (place < mutant.Length && random.Next(2) == 0)
                {
                    mutant.Remove(place, 1);
                }
                else
                {
                    mutant.Insert(place, (char)random.Next(256));
                }
            }

            DebugReply reply = session.Answer(mutant.ToString(), target);

            bool isSound = reply.Text is null ? reply.Action != DebugAction.None : reply.Text.Length <= PacketReader.MaxLength;
            Assert.True(isSound, mutant.ToString());
        }
    }
}
