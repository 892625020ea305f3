using Hyperlight.Hypervisors.Whp;
using Hyperlight.Hypervisors.Whp.Surrogates;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp.Surrogates;

public sealed class UseSurrogatesTests
{
    [Theory]
    [InlineData(0, -1)]
    [InlineData(-1, 1)]
    [InlineData(0, 513)]
    [InlineData(2, 1)]
    public void Numbers_out_of_range_are_refused(int initial, int maximum) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Hypervisor.UseSurrogates(initial, maximum));

    [Fact]
    public void Without_surrogates_there_is_one_machine_at_a_time_in_this_process()
    {
        ChosenSources sources = new();
        sources.Choose(1, 2);
        sources.Choose(0, 0);

        using IMemorySource source = sources.Take();

        Assert.Null(source.Process);
        Assert.Equal(Rules.NoRoomForMachine, Assert.Throws<HypervisorException>(sources.Take).Finding?.Rule);
    }

    [Fact]
    public void A_choice_after_the_first_machine_is_refused()
    {
        ChosenSources sources = new();
        sources.Choose(0, 0);
        sources.Take().Dispose();

        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => sources.Choose(0, 1));

        Assert.Contains("before", exception.Message, StringComparison.Ordinal);
    }
}
