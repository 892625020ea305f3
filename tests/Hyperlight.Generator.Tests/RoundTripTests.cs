using System.Buffers.Binary;
using System.Reflection;
using Hyperlight.Values;
using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests the generated code of host and guest against each other, with honest and with hostile bytes.</summary>
public sealed class RoundTripTests
{
    private static readonly Type Program = Compile();

    [Fact]
    public void Every_type_arrives_as_sent_on_both_ways() => Assert.Equal(Program.GetProperty("Sent")!.GetValue(null), Run("Returned"));

    [Fact]
    public void A_method_with_a_task_calls_the_guest_which_awaits_the_host() => Assert.Equal(6m, Run("Total"));

    [Fact]
    public void A_result_may_be_null()
    {
        Assert.Equal("ä\0€😀", Run("Largest", true));
        Assert.Null(Run("Largest", false));
    }

    [Fact]
    public void Tasks_and_value_tasks_are_awaited_on_both_sides()
    {
        Assert.Equal("Line { Product = Rum, Count = 2, Price = 1 }; Rum,nothing", Run("Find", "Rum"));
        Assert.Equal("; Tea,nothing", Run("Find", "Tea"));
        Assert.Equal("; nothing,nothing", Run("Find", "Milk"));
    }

    [Fact]
    public void An_exception_in_a_task_reaches_who_awaits_it() =>
        Assert.Equal("Tea is refused", Assert.Throws<InvalidOperationException>(() => Run("Fail")).Message);

    [Fact]
    public void A_value_that_would_lose_something_is_refused_where_it_is_sent()
    {
        Assert.Contains("Derived", Assert.Throws<ArgumentException>(() => Run("SendDerived")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => Run("SendNull"));
    }

    [Fact]
    public void Another_signature_is_an_error_that_names_the_method()
    {
        byte[] request = Request();
        request[0] ^= 1;

        ValueFormatException error = Assert.Throws<ValueFormatException>(() => Run("Serve", request));

        Assert.Contains("IOrders.Echo has the signature", error.Message, StringComparison.Ordinal);
        Assert.Contains("build host and guest from the same interface", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_end_early_or_late_are_refused_by_both_sides()
    {
        byte[] request = Request();
        byte[] answer = (byte[])Run("Serve", request)!;
        for (int length = 0; length < request.Length; length++)
        {
            Assert.Throws<ValueFormatException>(() => Run("Serve", request[..length]));
        }

        for (int length = 0; length < answer.Length; length++)
        {
            Assert.Throws<ValueFormatException>(() => Run("Receive", answer[..length]));
        }

        Assert.Throws<ValueFormatException>(() => Run("Serve", (byte[])[.. request, 0]));
        Assert.Throws<ValueFormatException>(() => Run("Receive", (byte[])[.. answer, 0]));
    }

    [Fact]
    public void Changed_bytes_are_a_value_or_a_format_error_and_never_allocate_more_than_they_are_worth()
    {
        byte[] answer = (byte[])Run("Serve", Request())!;
        MethodInfo receive = Program.GetMethod("Receive")!;
        Random random = new(1);
        int refused = 0;
        for (int round = 0; round < 6_000; round++)
        {
            byte[] changed = [.. answer];
            int place = round % changed.Length;
            if (round % 3 == 0 && place + sizeof(uint) <= changed.Length)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(place), 0x7FFFFFFF);
            }
            else
            {
                changed[place] = (byte)random.Next();
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                receive.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [changed], null);
            }
            catch (ValueFormatException)
            {
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        }

        Assert.InRange(refused, 300, 5_999);
    }

    private static byte[] Request() => [.. (byte[])Run("Request")!];

    private static object? Run(string method, params object[] arguments) =>
        Program.GetMethod(method)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);

    private static Type Compile()
    {
        GeneratorRun run = GeneratorRun.Of([RoundTrip.Transport, RoundTrip.Program], side: Side.Shared, name: "RoundTrip");
        Assert.Empty(run.Found);
        Assert.DoesNotContain(run.OfCompiler, found => found.Severity == DiagnosticSeverity.Error);
        return Assembly.Load(run.Emit()).GetType("Shop.Test")!;
    }
}
