using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests the counter that the host increments and the guest reads (i686 sheet, section 8).</summary>
public class GuestCounterTests
{
    private const int Offset = 0x1008;

    public static TheoryData<string> Guests => ["misbehave32", "misbehave-flat"];

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void The_guest_sees_what_the_host_counts(string name)
    {
        GuestCounter counter = new();
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(options => options.Counter = counter);
        Assert.Equal(0UL, Seen(sandbox));

        Assert.Equal((1UL, 2UL), (counter.Increment(), counter.Increment()));
        Assert.Equal(2UL, Seen(sandbox));
        Assert.Equal(1UL, counter.Decrement());

        Assert.Equal((1UL, 1UL), (counter.Value, Seen(sandbox)));
    }

    [KvmFact(Needs.Paging32)]
    public void A_paged_guest_sees_what_the_host_counts_and_a_restore_does_not_lose_it()
    {
        The_guest_sees_what_the_host_counts("misbehave-paged");
        A_restore_does_not_lose_it("misbehave-paged");
    }

    /// <summary>The virtual address is 0xFFFF_EFF8 in every profile; with paging the physical address differs.</summary>
    [Fact]
    public void It_is_in_the_page_below_the_last_one()
    {
        GuestLayout[] layouts = [GuestLayouts.I686V13, GuestLayouts.I686Flat, GuestLayouts.I686V15];
        Assert.All(layouts, layout => Assert.Equal(0xFFFF_EFF8UL, layout.ScratchTopGva.Value + 1 - layout.CounterOffset));
        Assert.Equal(
            [0xFFFF_EFF8UL, 0xFFFF_EFF8UL, 0xFEDF_EFF8UL],
            layouts.Select(layout => layout.ScratchTopGpa.Value + 1 - layout.CounterOffset!.Value));
        Assert.All([GuestLayouts.Amd64V16, GuestLayouts.Amd64V17], layout => Assert.Null(layout.CounterOffset));
    }

    [KvmFact]
    public void The_smallest_scratch_region_has_room_for_it()
    {
        GuestCounter counter = new();
        using TestGuest guest = TestGuest.FromElf(
            BareGuest.Elf(BareGuest.FlatAddress, [0x83, 0xE4, 0xF0, 0xF4]).Build(), request => request with
            {
                Sizes = new() { ScratchSize = 0xA000 },
            });
        using Sandbox sandbox = guest.Start(options => options.Counter = counter);

        Assert.Equal(1UL, counter.Increment());
    }

    /// <summary>Upstream zeroes scratch with a restore and so loses the counter. Here the host writes the number again.</summary>
    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_restore_does_not_lose_it(string name)
    {
        GuestCounter counter = new();
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(options => options.Counter = counter);
        counter.Increment();
        using Snapshot one = sandbox.TakeSnapshot();
        counter.Increment();
        counter.Increment();

        sandbox.Restore(one);

        Assert.Equal((3UL, 3UL), (counter.Value, Seen(sandbox)));
        counter.Increment();
        Assert.Equal(4UL, Seen(sandbox));
    }

    [KvmFact]
    public void A_sandbox_from_a_snapshot_has_its_own()
    {
        GuestCounter first = new();
        GuestCounter second = new();
        using TestGuest guest = new("misbehave32");
        using Sandbox sandbox = guest.Start(options => options.Counter = first);
        first.Increment();
        using Snapshot snapshot = sandbox.TakeSnapshot();

        using Sandbox other = snapshot.CreateSandbox(options => options.Counter = second);

        Assert.Equal(0UL, Seen(other));
        second.Increment();
        second.Increment();
        Assert.Equal((1UL, 2UL), (Seen(sandbox), Seen(other)));
    }

    /// <summary>The number belongs to the host and is no part of a snapshot.</summary>
    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_sandbox_without_one_sees_0_whatever_a_snapshots_sandbox_counted(string name)
    {
        GuestCounter counter = new(7);
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(options => options.Counter = counter);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox plain = guest.Start(_ => { });

        using Sandbox other = snapshot.CreateSandbox();
        plain.Restore(snapshot);

        Assert.Equal((7UL, 0UL, 0UL), (Seen(sandbox), Seen(other), Seen(plain)));
    }

    [KvmFact]
    public void The_host_never_believes_the_guest()
    {
        GuestCounter counter = new();
        using TestGuest guest = new("misbehave-flat");
        using Sandbox sandbox = guest.Start(options => options.Counter = counter);
        counter.Increment();

        sandbox.Call("WriteByte", 0xFFFF_EFF8UL, 0x77);

        Assert.Equal((1UL, 0x77UL), (counter.Value, Seen(sandbox)));
        counter.Increment();
        Assert.Equal(2UL, Seen(sandbox));
    }

    [KvmFact]
    public void A_running_guest_sees_it_change()
    {
        GuestCounter counter = new();

        // 1: cmp dword [0xFFFFEFF8], 0; je 1b; and esp, -16; hlt
        using TestGuest guest = BareGuest.Flat(0x83, 0x3D, 0xF8, 0xEF, 0xFF, 0xFF, 0, 0x74, 0xF7, 0x83, 0xE4, 0xF0, 0xF4);
        Thread host = new(() => SpinWait.SpinUntil(() => TryIncrement(counter)));
        host.Start();

        using Sandbox sandbox = guest.Start(options => options.Counter = counter);

        host.Join();
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmFact]
    public void Many_threads_lose_no_count()
    {
        GuestCounter counter = new();
        using TestGuest guest = new("misbehave32");
        using Sandbox sandbox = guest.Start(options => options.Counter = counter);

        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 1000; i++)
            {
                counter.Increment();
            }
        });

        Assert.Equal((8000UL, 8000UL), (counter.Value, Seen(sandbox)));
    }

    [KvmFact]
    public void It_does_not_fall_below_0()
    {
        GuestCounter counter = new();
        using TestGuest guest = new("misbehave32");
        using Sandbox sandbox = guest.Start(options => options.Counter = counter);

        Assert.Contains("is 0", Assert.Throws<OverflowException>(() => counter.Decrement()).Message, StringComparison.Ordinal);
        Assert.Equal(0UL, counter.Value);
    }

    [KvmFact]
    public void It_does_not_wrap_around()
    {
        GuestCounter counter = new(ulong.MaxValue - 1);
        using TestGuest guest = new("misbehave32");
        using Sandbox sandbox = guest.Start(options => options.Counter = counter);
        counter.Increment();

        Assert.Throws<OverflowException>(() => counter.Increment());

        Assert.Equal((ulong.MaxValue, ulong.MaxValue), (counter.Value, Seen(sandbox)));
    }

    [KvmFact]
    public void It_counts_for_one_sandbox_while_that_is_there()
    {
        GuestCounter counter = new();
        Assert.Contains(
            "no sandbox yet", Assert.Throws<InvalidOperationException>(() => counter.Increment()).Message, StringComparison.Ordinal);
        using TestGuest guest = new("misbehave32");
        using Sandbox sandbox = guest.Start(options => options.Counter = counter);
        counter.Increment();

        Assert.Throws<InvalidOperationException>(() => guest.Start(options => options.Counter = counter));

        Assert.Equal(2UL, counter.Increment());
        Assert.Equal(2UL, Seen(sandbox));
        sandbox.Dispose();
        Assert.Contains("disposed", Assert.Throws<InvalidOperationException>(() => counter.Increment()).Message, StringComparison.Ordinal);
        Assert.Equal(2UL, counter.Value);
    }

    [KvmFact]
    public void A_layout_without_the_word_refuses_it()
    {
        using TestGuest guest = new("misbehave");

        HyperlightException refused = Assert.Throws<HyperlightException>(() => guest.Start(options => options.Counter = new()));

        Assert.Equal(Rules.LayoutLacks, refused.Finding!.Rule);
        Assert.Contains("amd64-0.16 have none", refused.Message, StringComparison.Ordinal);
    }

    private static ulong Seen(Sandbox sandbox) => sandbox.Call<ulong>("ReadScratchWord", Offset);

    private static bool TryIncrement(GuestCounter counter)
    {
        try
        {
            counter.Increment();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
