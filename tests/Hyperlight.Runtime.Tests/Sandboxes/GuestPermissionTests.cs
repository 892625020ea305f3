using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests the permissions of a guest for its init data and its heap.</summary>
[Wine]
public class GuestPermissionTests
{
    private const string Amd64 = "misbehave";
    private const string I686 = "misbehave32";

    // mov eax, 42; ret
    private static readonly byte[] FortyTwo = [0xB8, 42, 0, 0, 0, 0xC3];

    [KvmTheory]
    [InlineData("r", false, false)]
    [InlineData("rw", true, false)]
    [InlineData("rx", false, true)]
    [InlineData("rwx", true, true)]
    public void Init_data_can_be_used_as_its_permissions_say(string text, bool writable, bool executable)
    {
        Assert.True(MemoryPermissionsText.TryParse(text, out MemoryPermissions permissions));
        using TestGuest guest = new(
            Amd64, request => request with { InitData = FortyTwo, Sizes = new() { InitDataPermissions = permissions } });
        using Sandbox sandbox = guest.Start();
        using Snapshot start = sandbox.TakeSnapshot();
        ulong address = sandbox.Call<ulong>("InitDataAddress");
        Assert.Equal(0xB8, sandbox.Call<int>("ReadByte", address));

        AssertWorks(executable, () => Assert.Equal(42, sandbox.Call<int>("RunCode", address)));
        sandbox.Restore(start);
        AssertWorks(writable, () => Assert.Equal(43, sandbox.Call<int>("WriteByte", address + 1, 43)));
        if (writable && executable)
        {
            using Snapshot changed = sandbox.TakeSnapshot();
            sandbox.Restore(changed);
            Assert.Equal(43, sandbox.Call<int>("RunCode", address));
        }

        // The guest wrote to a copy of the page.
        sandbox.Restore(start);
        Assert.Equal(42, sandbox.Call<int>("ReadByte", address + 1));
        guest.AssertUnchanged();
    }

    [KvmTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Code_in_the_heap_runs_only_where_that_was_asked_for(bool executable)
    {
        using TestGuest guest = new(Amd64, request => request with { Sizes = new() { ExecutableHeap = executable } });
        using Sandbox sandbox = guest.Start();
        using Snapshot start = sandbox.TakeSnapshot();

        AssertWorks(executable, () => Assert.Equal(42, sandbox.Call<int>("RunOnHeap")));

        sandbox.Restore(start);
        AssertWorks(executable, () => Assert.Equal(42, sandbox.Call<int>("RunOnHeap")));
    }

    [KvmFact]
    public void A_guest_without_page_tables_may_do_anything()
    {
        using TestGuest guest = new(I686, request => request with { InitData = FortyTwo });
        using Sandbox sandbox = guest.Start();
        ulong address = sandbox.Call<ulong>("InitDataAddress");

        Assert.Equal(42, sandbox.Call<int>("RunOnHeap"));
        Assert.Equal(42, sandbox.Call<int>("RunCode", address));
        Assert.Equal(43, sandbox.Call<int>("WriteByte", address + 1, 43));
        Assert.Equal(43, sandbox.Call<int>("RunCode", address));
    }

    private static void AssertWorks(bool works, Action action)
    {
        if (works)
        {
            action();
        }
        else
        {
            Assert.Equal(14, Assert.Throws<GuestCpuException>(action).Vector);
        }
    }
}
