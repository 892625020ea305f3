using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Interrupts;

/// <summary>Tests the ports of the PICs, the PIT and the timer, with and without interrupts (i686 sheet, sections 6.4 and 6.5).</summary>
public sealed class DevicePortTests : IDisposable
{
    private const uint Unknown = 4321;

    private readonly ScriptedGuest _plain = new();
    private readonly ScriptedGuest _interrupted = new(new GuestSizes { HardwareInterrupts = true });

    public static TheoryData<uint> DevicePorts => [0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x80];

    // Ports that the kernel does not answer. The ports of a PIC are tested with one byte.
    public static TheoryData<uint> PortsWithoutDevice => [0x40, 0x41, 0x42, 0x43, 0x61, 0x80];

    private static byte[] Result => RecordedMessages.Get("result-int");

    public void Dispose()
    {
        _plain.Dispose();
        _interrupted.Dispose();
    }

    [KvmFact]
    public void Without_interrupts_the_timers_port_says_what_to_bake()
    {
        using Sandbox sandbox = _plain.Halt().Out(107, 1000).Start();

        GuestProtocolException exception = Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));

        Assert.Equal(Rules.InterruptsNeeded, exception.Finding!.Rule);
        Assert.Contains("HardwareInterrupts=\"true\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    [KvmTheory]
    [MemberData(nameof(DevicePorts))]
    public void Without_interrupts_a_devices_port_is_an_error_that_names_it(uint port)
    {
        using Sandbox writing = _plain.Halt().Out(port).Start();
        Assert.Contains(
            $"to port {port} ", Assert.Throws<GuestProtocolException>(() => writing.Call("F")).Message, StringComparison.Ordinal);

        using ScriptedGuest guest = new();
        using Sandbox reading = guest.Halt().Run([0xBA, .. BitConverter.GetBytes(port), 0xEC]).Start();
        Assert.Contains(
            $"read port {port} ", Assert.Throws<GuestFaultException>(() => reading.Call("F")).Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void Without_interrupts_HLT_ends_the_call()
    {
        using Sandbox sandbox = _plain.Halt().Run(0xF4).Start();

        // The call fails because it has no result. That does not poison the sandbox.
        Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(DevicePorts))]
    public void With_interrupts_writes_of_four_bytes_to_a_devices_port_do_nothing(uint port)
    {
        using Sandbox sandbox = _interrupted.Halt().Out(port, uint.MaxValue).Return(Result).Start();

        Assert.Equal(-42, sandbox.Call<int>("F"));
    }

    [KvmTheory(Needs.Interrupts)]
    [MemberData(nameof(PortsWithoutDevice))]
    public void With_interrupts_reads_where_no_device_is_give_ones(uint port)
    {
        // in al, dx; in ax, dx; in eax, dx
        Assert.Equal("0xFF", Read(port, 0xEC));
        Assert.Equal("0xFFFF", Read(port, 0x66, 0xED));
        Assert.Equal("0xFFFFFFFF", Read(port, 0xED));
    }

    [KvmTheory(Needs.Interrupts)]
    [InlineData(0x20)]
    [InlineData(0xA0)]
    public void With_interrupts_reads_of_a_pic_that_are_too_wide_give_ones(uint port) => Assert.Equal("0xFFFFFFFF", Read(port, 0xED));

    [KvmFact(Needs.Interrupts)]
    public void With_interrupts_strings_of_bytes_are_read_as_ones()
    {
        // mov edi, 0x7000; mov ecx, 16; cld; rep insb; mov eax, [0x700C]
        Assert.Equal("0xFFFFFFFF", Read(0x61, 0xBF, 0, 0x70, 0, 0, 0xB9, 16, 0, 0, 0, 0xFC, 0xF3, 0x6C, 0xA1, 0x0C, 0x70, 0, 0));
    }

    [KvmTheory(Needs.Interrupts)]
    [InlineData(0x1F)]
    [InlineData(0x22)]
    [InlineData(0x44)]
    [InlineData(0x60)]
    [InlineData(106)]
    public void With_interrupts_other_ports_are_still_errors(uint port)
    {
        using Sandbox writing = _interrupted.Halt().Out(port).Start();
        string written = Assert.Throws<GuestProtocolException>(() => writing.Call("F")).Message;
        Assert.Contains($"to port {port} ", written, StringComparison.Ordinal);
        Assert.Contains("the ports are 99, 101, 102, 103, 107 and 108, and those of devices: ", written, StringComparison.Ordinal);

        using ScriptedGuest guest = new(new GuestSizes { HardwareInterrupts = true });
        using Sandbox reading = guest.Halt().Run([0xBA, .. BitConverter.GetBytes(port), 0xEC]).Start();
        string read = Assert.Throws<GuestFaultException>(() => reading.Call("F")).Message;
        Assert.Contains($"read port {port} ", read, StringComparison.Ordinal);
        string[] named = [.. DevicePorts.Select(row => $"0x{row.Data:X}")];
        Assert.All([written, read], message => Assert.Equal(named, message.Split("those of devices: ")[1].TrimEnd('.').Split(", ")));
    }

    [KvmFact(Needs.Interrupts)]
    public void The_timer_takes_four_bytes_and_ignores_fewer()
    {
        // mov eax, 5000; mov edx, 107; out dx, eax; mov eax, 3000; out dx, ax; out dx, al; then a call of the host function, which reads
        // the period.
        byte[] code = [.. GuestCode.Out(107, 5000), 0xB8, .. BitConverter.GetBytes(3000), 0x66, 0xEF, 0xEE, .. GuestCode.Out(101),
            .. GuestCode.Out(Unknown)];
        long period = 0;
        Sandbox? sandbox = null;
        using (sandbox = _interrupted
            .Halt()
            .Put(ScriptedGuest.OutputBuffer, ScriptedGuest.Framed(RecordedMessages.Get("call-host-hostprint")), 0x80)
            .Run(code)
            .Start(options => options.HostFunctions.Add("HostPrint", (string _) =>
            {
                period = sandbox!.TimerPeriod;
                return 0;
            })))
        {
            Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));

            Assert.Equal((5000, 0), (period, sandbox.TimerPeriod));
        }
    }

    [KvmFact(Needs.Interrupts)]
    public void A_guest_that_starts_and_stops_its_timer_without_end_is_stopped_and_others_still_get_their_ticks()
    {
        // 1: mov edx, 107; xor eax, eax; out dx, eax; inc eax; out dx, eax; mov eax, 10000000; out dx, eax; jmp 1b
        byte[] storm = GuestCode.Loop([0xBA, 107, 0, 0, 0, 0x31, 0xC0, 0xEF, 0x40, 0xEF, 0xB8, .. BitConverter.GetBytes(10_000_000), 0xEF]);
        using TestGuest other = TickingGuest.Bake("ticks32");
        using Sandbox clock = other.Start();
        using Sandbox sandbox = _interrupted.Halt().Run(storm).Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();

        Task<Exception?> storming = Task.Run(
            () => Record.Exception(() => sandbox.Call("F", new CallOptions { Timeout = TimeSpan.FromMilliseconds(300) })));
        Assert.InRange(clock.Call<uint>("Count", 5u, TickingGuest.Period), 5u, uint.MaxValue);

        Assert.IsType<TimeoutException>(storming.GetAwaiter().GetResult());
        Assert.Equal(0, sandbox.TimerPeriod);
        sandbox.Restore(snapshot);
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmFact(Needs.Interrupts)]
    public void A_guest_that_masks_all_lines_waits_until_its_deadline()
    {
        using TestGuest guest = TickingGuest.Bake("ticks32");
        using Sandbox sandbox = guest.Start();
        sandbox.Call("SetMask", 0xFFu);

        Assert.Throws<TimeoutException>(() => sandbox.Call("Count", new CallOptions { Timeout = TimeSpan.FromMilliseconds(50) }, 1u, 100u));
    }

    /// <summary>Runs code that reads a port, with EAX 0 before, and returns the text of EAX after it.</summary>
    private static string Read(uint port, params byte[] code)
    {
        // xor eax, eax; mov edx, port; …; mov edx, 4321; out dx, eax
        using ScriptedGuest guest = new(new GuestSizes { HardwareInterrupts = true });
        using Sandbox sandbox = guest
            .Halt()
            .Run([0x31, 0xC0, 0xBA, .. BitConverter.GetBytes(port), .. code, 0xBA, .. BitConverter.GetBytes(Unknown), 0xEF])
            .Start();
        string message = Assert.Throws<GuestProtocolException>(() => sandbox.Call("F")).Message;
        Assert.Contains($"to port {Unknown} ", message, StringComparison.Ordinal);
        return message.Split(' ')[3];
    }
}
