using System.Reflection;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Snapshots;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests that a sandbox reads its options once and does not change them.</summary>
[Wine]
public sealed class SandboxOptionsTests : IDisposable
{
    private readonly TestGuest _guest = new("hello");
    private readonly GuestCounter _counter = new();

    public void Dispose() => _guest.Dispose();

    [KvmFact]
    public void Creating_sandboxes_leaves_the_options_as_they_were()
    {
        using Sandbox first = _guest.Image.CreateSandbox(AddHostAdd, TestContext.Current.CancellationToken);
        using Snapshot snapshot = first.TakeSnapshot();
        SandboxOptions options = new();
        AddHostAdd(options);
        string before = Describe(options);

        using Sandbox second = Create(snapshot, options);
        using Sandbox third = Create(snapshot, options);

        Assert.Equal(before, Describe(options));
        Assert.Equal((42, 42), (second.Call<int>("Add", 20, 22), third.Call<int>("Add", 20, 22)));
    }

    [KvmFact]
    public void A_start_leaves_the_options_as_they_were()
    {
        SandboxOptions? options = null;
        string before = "";
        using Sandbox sandbox = _guest.Image.CreateSandbox(
            given =>
            {
                options = given;
                AddHostAdd(given);
                before = Describe(given);
            },
            TestContext.Current.CancellationToken);

        Assert.Equal(before, Describe(options!));
        Assert.DoesNotContain("HostPrint", options!.HostFunctions.Names);
    }

    [KvmFact]
    public void Changing_the_options_afterwards_changes_no_sandbox()
    {
        using StringWriter printed = new();
        SandboxOptions options = new();
        using Sandbox sandbox = _guest.Image.CreateSandbox(
            given =>
            {
                options = given;
                given.Print = printed;
            },
            TestContext.Current.CancellationToken);

        options.HostFunctions.Add("HostAdd", (int a, int b) => a + b);
        options.HostFunctions.Add("HostPrint", (string _) => -1);
        options.CallTimeout = TimeSpan.FromTicks(1);
        options.MaxPrintedSizePerCall = 0;
        options.Print = null;
        options.AllowedMsrs.Add(0x10);
        options.Counter = _counter;
        options.MapFile("/missing", new(1));

        Assert.Equal(5, sandbox.Call<int>("Print", "text\n"));
        Assert.Equal("text\n", printed.ToString());
        Assert.Equal(GuestErrorCode.HostFunctionError, Assert.Throws<GuestErrorException>(() => sandbox.Call<int>("Add", 20, 22)).Code);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        Assert.Equal(["HostPrint"], snapshot.Content.HostFunctions.Keys);
        Assert.Empty(snapshot.Content.AllowedMsrs);
    }

    private static void AddHostAdd(SandboxOptions options) => options.HostFunctions.Add("HostAdd", (int a, int b) => a + b);

    private static Sandbox Create(Snapshot snapshot, SandboxOptions options)
    {
        using SnapshotContent content = snapshot.Hold();
        return Sandbox.Resume(content, options);
    }

    /// <summary>Gets the values of all options. Collections are listed element by element.</summary>
    private static string Describe(SandboxOptions options) => string.Join('\n', typeof(SandboxOptions)
        .GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        .Select(property => $"{property.Name}: {Text(property.GetValue(options))}")
        .Append(string.Join(',', options.HostFunctions.Names)));

    private static string? Text(object? value) =>
        value is System.Collections.IEnumerable items and not string ? string.Join(',', items.Cast<object>()) : value?.ToString();
}
