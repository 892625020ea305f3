using System.Text;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests everything that works, with a guest of each architecture.</summary>
[Wine]
public class HelloGuestTests
{
    public static TheoryData<string> Guests => ["hello", "hello32", "hello32-identity"];

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Every_type_goes_there_and_back(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();

        Assert.Equal("Hello, World!", sandbox.Call<string>("SayHello", "World"));
        Assert.All([0, -1, int.MinValue, int.MaxValue], value => Assert.Equal(value, sandbox.Call<int>("EchoInt", value)));
        Assert.All([0u, uint.MaxValue], value => Assert.Equal(value, sandbox.Call<uint>("EchoUInt", value)));
        Assert.All([0L, -1L, long.MinValue, long.MaxValue], value => Assert.Equal(value, sandbox.Call<long>("EchoLong", value)));
        Assert.All([0UL, ulong.MaxValue], value => Assert.Equal(value, sandbox.Call<ulong>("EchoULong", value)));
        Assert.All([0f, -1.5f, float.NaN, float.Epsilon], value => Assert.Equal(value, sandbox.Call<float>("EchoFloat", value)));
        Assert.All([0.0, -0.1, double.PositiveInfinity], value => Assert.Equal(value, sandbox.Call<double>("EchoDouble", value)));
        Assert.All(["", "hé😀", new string('x', 3000)], value => Assert.Equal(value, sandbox.Call<string>("EchoString", value)));
        Assert.All([true, false], value => Assert.Equal(value, sandbox.Call<bool>("EchoBool", value)));
        Assert.All<byte[]>([[], [0, 1, 2, 0xFF], new byte[3000]], value => Assert.Equal(value, sandbox.Call<byte[]>("EchoBytes", value)));
        sandbox.Call("Nothing");
        Assert.Equal(GuestValue.Void, sandbox.Call<GuestValue>("Nothing"));
        Assert.Equal<GuestValue>(7u, sandbox.Call<GuestValue>("EchoUInt", 7u));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Nine_arguments_of_nine_types_arrive(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        using MemoryStream expected = new();
        using (BinaryWriter writer = new(expected, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(-1);
            writer.Write(4294967295u);
            writer.Write(long.MinValue);
            writer.Write(ulong.MaxValue);
            writer.Write(1.5f);
            writer.Write(-0.1);
            writer.Write(Encoding.UTF8.GetByteCount("hé😀"));
            writer.Write(Encoding.UTF8.GetBytes("hé😀"));
            writer.Write(true);
            writer.Write(2);
            writer.Write([7, 8]);
        }

        byte[] result = sandbox.Call<byte[]>(
            "AllTypes", -1, 4294967295u, long.MinValue, ulong.MaxValue, 1.5f, -0.1, "hé😀", true, new byte[] { 7, 8 });

        Assert.Equal(expected.ToArray(), result);
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public async Task A_call_can_be_awaited_and_does_not_occupy_the_thread_pool(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(
            options => options.HostFunctions.Add("Now", () => Thread.CurrentThread.IsThreadPoolThread.ToString()));

        Assert.Equal("World, it is False", await sandbox.CallAsync<string>("Greet", "World"));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Host_functions_serve_the_guest(string name)
    {
        using TestGuest guest = new(name);
        using StringWriter print = new();
        using StringWriter debug = new();
        using Sandbox sandbox = guest.Start(options =>
        {
            options.HostFunctions.Add("Now", () => "noon").Add("HostAdd", (int a, int b) => a + b);
            options.Print = print;
            options.DebugPrint = debug;
        });

        Assert.Equal("World, it is noon", sandbox.Call<string>("Greet", "World"));
        Assert.Equal(42, sandbox.Call<int>("Add", 1, 41));
        Assert.Equal(3, sandbox.Call<int>("Print", "ü!"));
        Assert.Equal("ü!", print.ToString());
        sandbox.Call("DebugPrint", "line\nré");
        Assert.Equal("line\nré", debug.ToString());
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_failing_host_function_is_the_guests_error_and_no_poison(string name)
    {
        using TestGuest guest = new(name);
        Sandbox? self = null;
        using Sandbox sandbox = guest.Start(options => options.HostFunctions
            .Add("Now", string () => throw new GuestVisibleException("no clock"))
            .Add("HostAdd", (int a, int _) => a == 1 ? self!.Call<int>("EchoInt", 1) : (GuestValue)"text"));
        self = sandbox;

        GuestErrorException failed = Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Greet", "World"));
        GuestErrorException reentrant = Assert.Throws<GuestErrorException>(() => sandbox.Call<int>("Add", 1, 2));

        Assert.Equal((GuestErrorCode.HostFunctionError, "no clock"), (failed.Code, failed.GuestMessage));
        Assert.Contains("one at a time", reentrant.InnerException!.Message, StringComparison.Ordinal);
        Assert.Equal("Hello, World!", sandbox.Call<string>("SayHello", "World"));
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_host_function_that_is_missing_or_does_not_fit_is_the_guests_error(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox without = guest.Start();
        using Sandbox other = guest.Start(
            options => options.HostFunctions.Add("Now", (int _) => "x").Add("HostAdd", (int a, string b) => a));

        Assert.Equal(
            "HostFunction Now was not found",
            Assert.Throws<GuestErrorException>(() => without.Call<string>("Greet", "World")).GuestMessage);
        Assert.Contains(
            "takes 1 arguments, the call has 0", Assert.Throws<GuestErrorException>(() => other.Call<string>("Greet", "World")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "takes String as argument 2, the call has Int", Assert.Throws<GuestErrorException>(() => other.Call<int>("Add", 1, 2)).Message,
            StringComparison.Ordinal);
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void The_guest_refuses_what_it_does_not_know(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();

        Assert.Equal(GuestErrorCode.FunctionNotFound, Assert.Throws<GuestErrorException>(() => sandbox.Call("Missing")).Code);
        Assert.Equal(GuestErrorCode.IncorrectArgumentCount, Assert.Throws<GuestErrorException>(() => sandbox.Call("EchoInt")).Code);
        Assert.Equal(GuestErrorCode.ArgumentTypeMismatch, Assert.Throws<GuestErrorException>(() => sandbox.Call("EchoInt", "1")).Code);
    }

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_call_with_scalar_values_allocates_nothing(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("HostAdd", (int a, int b) => a + b));
        sandbox.Call<int>("Add", 1, 2);
        sandbox.Call<int>("Add", 1, 2);
        long before = GC.GetAllocatedBytesForCurrentThread();

        sandbox.Call<int>("Add", 1, 2);
        sandbox.Call<int>("Add", 1, 2);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [KvmFact]
    public async Task Sandboxes_of_both_architectures_run_side_by_side()
    {
        using TestGuest hello = new("hello");
        using TestGuest hello32 = new("hello32");

        await Parallel.ForAsync(0, 8, TestContext.Current.CancellationToken, (index, _) =>
        {
            using Sandbox sandbox = (index % 2 == 0 ? hello : hello32).Start();
            for (int i = 0; i < 5; i++)
            {
                Assert.Equal(index + i, sandbox.Call<int>("EchoInt", index + i));
            }

            return ValueTask.CompletedTask;
        });
    }

    /// <summary>The layout belongs to the image, so one process can run guests of several layouts (i686 sheet, section 1.2 R2).</summary>
    [KvmFact]
    public void Guests_of_several_layouts_run_side_by_side() =>
        RunSideBySide(("hello", "amd64-0.16"), ("hello32-identity", "i686-0.13"), ("hello32", "i686-flat"));

    [KvmFact(Needs.Paging32)]
    public void Guests_with_32_bit_paging_run_beside_them() =>
        RunSideBySide(("hello-paged", "i686-0.15"), ("hello", "amd64-0.16"), ("hello32", "i686-flat"));

    [KvmFact]
    public void Sandboxes_outlive_their_image()
    {
        using TestGuest guest = new("hello");
        using Sandbox sandbox = guest.Start();
        guest.Image.Dispose();

        Assert.Equal("Hello, World!", sandbox.Call<string>("SayHello", "World"));
    }

    private static void RunSideBySide(params (string Name, string Layout)[] pairs)
    {
        TestGuest[] guests = [.. pairs.Select(pair => new TestGuest(pair.Name))];
        Sandbox[] sandboxes = [.. guests.Select(guest => guest.Start())];
        try
        {
            for (int round = 0; round < 3; round++)
            {
                Assert.Equal(
                    Enumerable.Range(round, pairs.Length),
                    sandboxes.Select((sandbox, number) => sandbox.Call<int>("EchoInt", round + number)));
            }

            Assert.Equal(pairs.Select(pair => pair.Layout), guests.Select(guest => guest.Image.Layout.Id));
        }
        finally
        {
            Array.ForEach(sandboxes, sandbox => sandbox.Dispose());
            Array.ForEach(guests, guest => guest.Dispose());
        }
    }
}
