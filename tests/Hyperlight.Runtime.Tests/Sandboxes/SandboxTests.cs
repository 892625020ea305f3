using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Sandboxes;

[Wine]
public sealed class SandboxTests : IDisposable
{
    private readonly ScriptedGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [KvmFact]
    public void A_function_returns_its_result()
    {
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-string")).Return(RecordedMessages.Get("result-int"))
            .Start();

        Assert.Equal("hello\n", sandbox.Call<string>("SayHello", "World"));
        Assert.Equal(-42, sandbox.Call<int>("Add", 1, 2));
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmFact]
    public void A_call_reaches_the_input_buffer_as_a_message_the_guest_can_read()
    {
        List<string> seen = [];
        using Sandbox sandbox = _guest
            .Halt()
            .Copy(ScriptedGuest.InputBuffer, 256, ScriptedGuest.OutputBuffer, 101)
            .Return(RecordedMessages.Get("result-void"))
            .Start(options => options.HostFunctions.Add("Greet", (string name, int times) => seen.Add($"{name} {times}")));

        sandbox.Call("Greet", "World", 3);

        Assert.Equal(["World 3"], seen);
    }

    [KvmFact]
    public void Whatever_comes_can_be_taken()
    {
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-bytes")).Return(RecordedMessages.Get("result-void"))
            .Start();

        Assert.Equal<GuestValue>(new byte[] { 0, 1, 2, 0xFF }, sandbox.Call<GuestValue>("F"));
        Assert.Equal(GuestValue.Void, sandbox.Call<GuestValue>("F"));
    }

    [KvmFact]
    public void Another_type_than_asked_for_is_an_error_and_no_poison()
    {
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-int")).Return(RecordedMessages.Get("result-int")).Start();

        GuestReturnTypeException exception = Assert.Throws<GuestReturnTypeException>(() => sandbox.Call<string>("F"));

        Assert.Equal(GuestValueKind.String, exception.Expected);
        Assert.Equal<GuestValue>(-42, exception.Value);
        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmFact]
    public void A_type_that_cannot_cross_is_refused_before_the_call()
    {
        using Sandbox sandbox = _guest.Halt().Start();

        Assert.Contains(
            "System.DateTime", Assert.Throws<NotSupportedException>(() => sandbox.Call<DateTime>("F")).Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void An_error_of_the_guest_is_no_poison()
    {
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-error")).Return(RecordedMessages.Get("result-int"))
            .Start();

        GuestErrorException exception = Assert.Throws<GuestErrorException>(() => sandbox.Call<int>("F"));

        Assert.Equal(GuestErrorCode.FunctionNotFound, exception.Code);
        Assert.Equal(SandboxState.Ready, sandbox.State);
        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmFact]
    public void A_call_too_large_for_the_buffer_is_no_poison()
    {
        using Sandbox sandbox = _guest.Halt().Return(RecordedMessages.Get("result-int")).Start();

        MessageTooLargeException exception = Assert.Throws<MessageTooLargeException>(() => sandbox.Call<int>("F", new byte[0x4000]));

        Assert.InRange(exception.Required, 0x4000, 0x4100);
        Assert.Equal(0x4000 - 16, exception.Available);
        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmFact]
    public void A_result_that_cannot_be_read_after_a_halt_is_no_poison()
    {
        byte[] malformed = RecordedMessages.Get("result-string");
        malformed[5] = 0xFF;
        using Sandbox sandbox = _guest
            .Halt()
            .Return(malformed)
            .Halt()
            .Put(ScriptedGuest.OutputBuffer, BitConverter.GetBytes(ulong.MaxValue), 108)
            .Return(RecordedMessages.Get("result-int"))
            .Start();

        Assert.Throws<GuestProtocolException>(() => sandbox.Call<int>("Malformed"));
        Assert.Throws<GuestProtocolException>(() => sandbox.Call<int>("NoResult"));
        Assert.Throws<GuestProtocolException>(() => sandbox.Call<int>("BadStack"));
        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmFact]
    public void A_damaged_input_buffer_fails_one_call()
    {
        using Sandbox sandbox = _guest
            .Halt()
            .Put(ScriptedGuest.InputBuffer, BitConverter.GetBytes(ulong.MaxValue), 1000 - 892, 0)
            .Return(RecordedMessages.Get("result-int"))
            .Start();
        Assert.Throws<GuestProtocolException>(() => sandbox.Call<int>("Damage"));

        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmFact]
    public void Poison_is_for_good_and_says_why()
    {
        using Sandbox sandbox = _guest.Halt().Out(0x1234, 5).Start();
        Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));

        SandboxPoisonedException exception = Assert.Throws<SandboxPoisonedException>(() => sandbox.Call("F"));

        Assert.Contains("port 4660", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void A_malformed_host_call_poisons()
    {
        byte[] malformed = RecordedMessages.Get("call-host-hostadd");
        malformed[4] = 0xFE;
        using Sandbox sandbox = _guest.Halt().Send(malformed, 101).Start();

        Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void A_host_call_without_a_message_poisons()
    {
        using Sandbox sandbox = _guest.Halt().Out(101).Start();

        Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void An_abort_poisons()
    {
        using Sandbox sandbox = _guest.Halt().Out(102, 0x68_08_02).Out(102, 0xFF_69_02).Start();

        GuestAbortedException exception = Assert.Throws<GuestAbortedException>(() => sandbox.Call("F"));

        Assert.Equal((8, "hi"), (exception.Code, exception.GuestMessage));
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void An_abort_during_the_initialisation_fails_the_start()
    {
        _guest.Out(102, 0xFF_0D_02);

        Assert.Equal(13, Assert.Throws<GuestAbortedException>(() => _guest.Start()).Code);
    }

    [KvmFact]
    public void A_read_from_nowhere_says_where()
    {
        using Sandbox sandbox = _guest.Halt().Copy(ScriptedGuest.Nowhere, 1, ScriptedGuest.OutputBuffer, 108).Start();

        GuestFaultException exception = Assert.Throws<GuestFaultException>(() => sandbox.Call("F"));

        Assert.Equal(
            (new GuestPhysicalAddress(ScriptedGuest.Nowhere), MemoryAccessKind.Read), (exception.Address!.Value, exception.Access!.Value));
        Assert.Null(exception.Region);
        Assert.Contains("0x80000000", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void A_triple_fault_poisons()
    {
        // ud2
        using Sandbox sandbox = _guest.Halt().Run(0x0F, 0x0B).Start();

        Assert.Contains("triple-fault", Assert.Throws<GuestFaultException>(() => sandbox.Call("F")).Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void Reading_a_port_poisons()
    {
        // in al, 0x10
        using Sandbox sandbox = _guest.Halt().Run(0xE4, 0x10).Start();

        Assert.Contains("port 16", Assert.Throws<GuestFaultException>(() => sandbox.Call("F")).Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void Halting_by_instruction_ends_a_call_too()
    {
        // hlt
        using Sandbox sandbox = _guest.Halt()
            .Put(ScriptedGuest.OutputBuffer, ScriptedGuest.Framed(RecordedMessages.Get("result-int")), 103)
            .Run(0xF4)
            .Start();

        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmFact]
    public void A_stack_pointer_that_calls_cannot_use_fails_the_start()
    {
        // mov esp, 0x1004; out 108, al
        _guest.Run(0xBC, 0x04, 0x10, 0, 0, 0xE6, 108);

        Assert.Contains("0x1004", Assert.Throws<GuestProtocolException>(() => _guest.Start()).Message, StringComparison.Ordinal);
    }

    // i686 sheet, sections 3.2 and 2.3.
    [KvmTheory]
    [InlineData("eax", 0xC0, "0x0")]
    [InlineData("ecx", 0xC8, "0x4")]
    [InlineData("edx", 0xD0, "0x1000")]
    [InlineData("ebx", 0xD8, "0x0")]
    [InlineData("esp", 0xE0, "0xFFFFFFD8")]
    [InlineData("ebp", 0xE8, "0x0")]
    [InlineData("edi", 0xF8, "0x8000")]
    public void The_guest_starts_with_the_registers_of_its_abi(string register, byte encoded, string value)
    {
        // mov eax, register; out 16, eax
        _guest.Enter(0x66, 0x89, encoded, 0x66, 0xE7, 0x10);

        GuestProtocolException exception = Assert.Throws<GuestProtocolException>(
            () => _guest.Start(options => options.LogLevel = GuestLogLevel.Debug));

        Assert.StartsWith($"The guest wrote {value} to port 16", exception.Message, StringComparison.Ordinal);
        Assert.NotEmpty(register);
    }

    [KvmFact]
    public void A_log_level_that_guests_do_not_know_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _guest.Start(options => options.LogLevel = (GuestLogLevel)6));

    [KvmFact]
    public void Logs_arrive_with_all_their_parts_up_to_the_level_asked_for()
    {
        List<GuestLogRecord> records = [];
        _guest.Halt().Send(RecordedMessages.Get("log-warning"), 99).Return(RecordedMessages.Get("result-void"));
        using Sandbox listening = _guest.Start(options => (options.Log, options.LogLevel) = (records.Add, GuestLogLevel.Warning));
        using Sandbox deaf = _guest.Start(options => options.Log = records.Add);

        listening.Call("F");
        deaf.Call("F");

        Assert.Equal([new GuestLogRecord(GuestLogLevel.Warning, "message", "source_module", "caller", "src/main.rs", 42)], records);
    }

    [KvmFact]
    public void A_malformed_log_record_poisons()
    {
        using Sandbox sandbox = _guest.Halt().Send(RecordedMessages.Get("result-int"), 99)
            .Start(options => options.LogLevel = GuestLogLevel.Trace);

        Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmFact]
    public void What_the_guest_prints_to_the_debug_console_arrives_in_lines()
    {
        using StringWriter writer = new();
        using Sandbox sandbox = _guest
            .Out(103, 'h').Out(103, 'i').Halt()
            .Out(103, 0xC3).Out(103, 0xBC).Out(103, '\n').Return(RecordedMessages.Get("result-void"))
            .Start(options => options.DebugPrint = writer);
        Assert.Equal("hi", writer.ToString());

        sandbox.Call("F");

        Assert.Equal("hiü\n", writer.ToString());
    }

    [KvmFact]
    public void A_call_with_scalar_values_allocates_nothing()
    {
        const int Calls = 10;
        _guest.Halt();
        for (int i = 0; i < Calls; i++)
        {
            // An abort packet without bytes has no effect. The step is there for its copy, with which a guest would take the answer.
            _guest
                .Send(RecordedMessages.Get("call-host-hostadd"), 101)
                .Put(ScriptedGuest.InputBuffer, BitConverter.GetBytes(8UL), 102)
                .Return(RecordedMessages.Get("result-int"));
        }

        using Sandbox sandbox = _guest.Start(options => options.HostFunctions.Add("HostAdd", (int a, int b) => a + b));
        sandbox.Call<int>("Add", 1, 2);
        sandbox.Call<int>("Add", 1, 2);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < Calls - 2; i++)
        {
            sandbox.Call<int>("Add", 1, 2);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [KvmFact(Needs.Linux)]
    public void A_start_that_fails_leaves_nothing_open()
    {
        _guest.Out(102, 0xFF_0D_02);
        Assert.Throws<GuestAbortedException>(() => _guest.Start());
        int before = ProcessCounts.Descriptors;

        for (int i = 0; i < 100; i++)
        {
            Assert.Throws<GuestAbortedException>(() => _guest.Start());
        }

        // Other tests run at the same time and open files. Each leaked sandbox would leave two files open.
        Assert.InRange(ProcessCounts.Descriptors, 0, before + 100);
    }
}
