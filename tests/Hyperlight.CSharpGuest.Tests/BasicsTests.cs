namespace Hyperlight.CSharpGuest.Tests;

/// <summary>Calls a guest in C# and compares what .NET inside the sandbox answers.</summary>
public sealed class BasicsTests(BasicsFixture basics) : IClassFixture<BasicsFixture>
{
    [KvmFact(Needs.Sse)]
    public void Values_of_each_type_cross_in_both_directions()
    {
        Sandbox sandbox = basics.Restored();

        Assert.Equal(42, sandbox.Call<int>("Add", 20, 22));
        Assert.Equal(int.MinValue, sandbox.Call<int>("Add", int.MaxValue, 1));
        Assert.Equal(1L << 40, sandbox.Call<long>("AddLong", 1L << 39, 1L << 39));
        Assert.Equal(-0.75, sandbox.Call<double>("Half", -1.5));
        Assert.False(sandbox.Call<bool>("Not", true));
        Assert.Equal("Hello, Grüße 🦊!", sandbox.Call<string>("Greet", "Grüße 🦊"));
        Assert.Equal<byte>([3, 2, 1, 0], sandbox.Call<byte[]>("Reverse", new byte[] { 0, 1, 2, 3 }));
        Assert.Equal(10_000, sandbox.Call<byte[]>("Reverse", new byte[10_000]).Length);
    }

    [KvmTheory(Needs.Sse)]
    [InlineData("linq", "3:dog,fox,the,the;4:lazy,over;5:brown,jumps,quick")]
    [InlineData("json", """{"Name":"1.25","Items":[{"Count":3,"Price":1.25}]}""")]
    [InlineData("regex", "28.11.2026")]
    [InlineData("numbers", "42391158275216203514294433201 0.8414709848078965 0.3333333333333333333333333333 1E-05")]
    public void The_base_class_library_works(string check, string answer) =>
        Assert.Equal(answer, basics.Restored().Call<string>("Check", check));

    [KvmTheory(Needs.Sse)]
    [InlineData("async", "0,1,4,9,16")]
    [InlineData("thread", "42 7")]
    [InlineData("tasks", "28")]
    [InlineData("parallel", "499500")]
    [InlineData("timer", "three ticks")]
    [InlineData("cancel", "cancelled")]
    [InlineData("lock", "200")]
    public void Threads_tasks_and_timers_work(string check, string answer) =>
        Assert.Equal(answer, basics.Restored().Call<string>("Check", check));

    [KvmTheory(Needs.Sse)]
    [InlineData("null", "NullReferenceException")]
    [InlineData("divide", "DivideByZeroException")]
    [InlineData("array", "IndexOutOfRangeException")]
    [InlineData("cast", "InvalidCastException")]
    [InlineData("finally", "inner caught")]
    [InlineData("filter", "filtered 1")]
    [InlineData("task-throws", "NullReferenceException")]
    public void A_guest_catches_its_exceptions_and_those_that_are_faults_of_the_processor(string check, string answer)
    {
        Sandbox sandbox = basics.Restored();

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(answer, sandbox.Call<string>("Check", check));
        }
    }

    [KvmTheory(Needs.Sse)]
    [InlineData("throw", "InvalidDataException", "thrown on purpose")]
    [InlineData("throw-null", "NullReferenceException", "")]
    public void An_exception_that_nobody_catches_crosses_with_type_and_text(string check, string type, string text)
    {
        Sandbox sandbox = basics.Restored();

        GuestErrorException error = Assert.Throws<GuestErrorException>(() => sandbox.Call<string>("Check", check));

        Assert.Contains(type, error.GuestMessage, StringComparison.Ordinal);
        Assert.Contains(text, error.GuestMessage, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Ready, sandbox.State);
        Assert.Equal(3, sandbox.Call<int>("Add", 1, 2));
    }

    [KvmTheory(Needs.Sse)]
    [InlineData("collect", "intact True, collected True")]
    [InlineData("finalizers", "10")]
    [InlineData("fill", "out of memory, then 1048576")]
    public void The_garbage_collector_keeps_a_guest_within_its_memory(string check, string answer)
    {
        Sandbox sandbox = basics.Restored();

        Assert.Equal(answer, sandbox.Call<string>("Check", check));
        Assert.Equal(answer, sandbox.Call<string>("Check", check));
        Assert.Equal("28.11.2026", sandbox.Call<string>("Check", "regex"));
    }
}
