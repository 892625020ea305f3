using System.Buffers;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests results that go into memory of the caller.</summary>
[Wine]
public sealed class CallIntoTests : IDisposable
{
    private static readonly byte[] Message = [1, 2, 3, 0xFF];

    private readonly TestGuest _guest = new("hello");
    private readonly Sandbox _sandbox;

    public CallIntoTests() => _sandbox = _guest.Start();

    public void Dispose()
    {
        _sandbox.Dispose();
        _guest.Dispose();
    }

    [KvmFact]
    public void The_bytes_of_a_result_fill_the_start_of_the_callers_memory()
    {
        byte[] destination = [9, 9, 9, 9, 9, 9];

        Assert.Equal(4, _sandbox.CallInto("EchoBytes", destination, Message));
        Assert.Equal([1, 2, 3, 0xFF, 9, 9], destination);
        Assert.Equal(0, _sandbox.CallInto("EchoBytes", destination, Array.Empty<byte>()));
        Assert.Equal(4, _sandbox.CallInto("EchoBytes", destination.AsSpan(2), default(CallOptions), Message));
        Assert.Equal([1, 2, 1, 2, 3, 0xFF], destination);
    }

    [KvmFact]
    public void The_bytes_of_results_are_added_to_the_callers_writer()
    {
        ArrayBufferWriter<byte> destination = new();

        Assert.Equal(4, _sandbox.CallInto("EchoBytes", destination, Message));
        Assert.Equal(3000, _sandbox.CallInto("EchoBytes", destination, default(CallOptions), new byte[3000]));

        Assert.Equal([.. Message, .. new byte[3000]], destination.WrittenSpan.ToArray());
    }

    [KvmFact]
    public void A_result_that_does_not_fit_is_not_written_and_leaves_the_sandbox_ready()
    {
        byte[] destination = [9, 9, 9];

        ArgumentException refused = Assert.Throws<ArgumentException>(() => _sandbox.CallInto("EchoBytes", destination, Message));

        Assert.Contains("returned 4 bytes, the destination has room for 3", refused.Message, StringComparison.Ordinal);
        AssertReady(destination);
    }

    [KvmFact]
    public void A_result_of_another_type_is_not_written()
    {
        byte[] destination = [9, 9, 9];

        Assert.Throws<GuestReturnTypeException>(() => _sandbox.CallInto("EchoInt", destination, 7));
        Assert.Throws<GuestReturnTypeException>(() => _sandbox.CallInto("EchoString", new ArrayBufferWriter<byte>(), "text"));

        AssertReady(destination);
    }

    [KvmFact]
    public void An_error_of_the_guest_is_not_written()
    {
        byte[] destination = [9, 9, 9];

        Assert.Throws<GuestErrorException>(() => _sandbox.CallInto("Unknown", destination));

        AssertReady(destination);
    }

    [KvmFact]
    public void What_a_writer_throws_reaches_the_caller_and_leaves_the_sandbox_ready()
    {
        TimeZoneNotFoundException thrown = Assert.Throws<TimeZoneNotFoundException>(
            () => _sandbox.CallInto("EchoBytes", new Writer(() => throw new TimeZoneNotFoundException("mine")), Message));

        Assert.Equal("mine", thrown.Message);
        AssertReady([9, 9, 9]);
    }

    [KvmFact]
    public void A_writer_cannot_use_the_sandbox()
    {
        Assert.Throws<InvalidOperationException>(
            () => _sandbox.CallInto("EchoBytes", new Writer(() => _sandbox.Call("Nothing")), Message));

        AssertReady([9, 9, 9]);
    }

    [KvmFact]
    public void A_writer_that_disposes_the_sandbox_gets_its_bytes()
    {
        Writer destination = new(_sandbox.Dispose);

        Assert.Equal(4, _sandbox.CallInto("EchoBytes", destination, Message));

        Assert.Equal(Message, destination.Written.ToArray());
        Assert.Equal(SandboxState.Disposed, _sandbox.State);
    }

    [KvmFact]
    public void A_malformed_result_is_not_written()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        byte[] destination = [9, 9, 9];

        Assert.Throws<GuestProtocolException>(() => sandbox.CallInto("MalformedResult", destination));

        Assert.Equal([9, 9, 9], destination);
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    [KvmFact]
    public void Each_array_that_a_call_returns_belongs_to_its_caller()
    {
        byte[] argument = [.. Message];

        byte[] first = _sandbox.Call<byte[]>("EchoBytes", argument);
        byte[] second = _sandbox.Call<byte[]>("EchoBytes", argument);
        Array.Clear(first);

        Assert.Equal(Message, second);
        Assert.Equal(Message, argument);
    }

    private void AssertReady(byte[] untouched)
    {
        Assert.All(untouched, value => Assert.Equal(9, value));
        Assert.Equal(Message, _sandbox.Call<byte[]>("EchoBytes", Message));
    }

    /// <summary>Runs an action before it gives memory.</summary>
    private sealed class Writer(Action action) : IBufferWriter<byte>
    {
        private readonly ArrayBufferWriter<byte> _inner = new();

        public ReadOnlySpan<byte> Written => _inner.WrittenSpan;

        public void Advance(int count) => _inner.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            action();
            return _inner.GetSpan(sizeHint);
        }
    }
}
