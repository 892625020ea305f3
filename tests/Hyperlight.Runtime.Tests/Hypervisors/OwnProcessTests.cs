using Hyperlight.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Hypervisors;

public class OwnProcessTests
{
    private readonly OwnProcess _sources = new();

    [Fact]
    public void A_second_machine_in_one_process_is_HL5006()
    {
        using IMemorySource first = _sources.Take();

        HypervisorException refusal = Assert.Throws<HypervisorException>(_sources.Take);

        Assert.Equal(Rules.NoRoomForMachine, refusal.Finding?.Rule);
    }

    [Fact]
    public void The_process_can_be_taken_again_once_it_was_returned()
    {
        _sources.Take().Dispose();

        _sources.Take().Dispose();
    }

    [Fact]
    public void A_process_that_is_returned_twice_is_returned_once()
    {
        IMemorySource first = _sources.Take();
        first.Dispose();
        using IMemorySource second = _sources.Take();

        first.Dispose();

        Assert.Throws<HypervisorException>(_sources.Take);
    }
}
