using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Comparison;

/// <summary>A guest for comparisons of hypervisors: its image, what it is given, and calls that do the same each time.</summary>
internal static class ComparedGuest
{
    // Guests that draw random numbers draw the same ones.
    private const ulong Seed = 0x1234_5678_9ABC_DEF0;

    private static readonly (string Name, Func<Sandbox, object?> Act)[] Hello =
    [
        ("SayHello", sandbox => sandbox.Call<string>("SayHello", "World")),
        ("Greet", sandbox => sandbox.Call<string>("Greet", "World")),
        ("Add", sandbox => sandbox.Call<int>("Add", 20, 22)),
        ("Print", sandbox => sandbox.Call<int>("Print", "printed by the guest\n")),
        ("EchoLong", sandbox => sandbox.Call<long>("EchoLong", long.MinValue)),
        ("EchoDouble", sandbox => sandbox.Call<double>("EchoDouble", Math.PI)),
        ("EchoFloat", sandbox => sandbox.Call<float>("EchoFloat", MathF.E)),
        ("EchoBytes", sandbox => sandbox.Call<byte[]>("EchoBytes", new byte[5000])),
        ("a function that is not there", sandbox => sandbox.Call<int>("Absent")),
    ];

    private static readonly (string Name, Func<Sandbox, object?> Act)[] Misbehave =
    [
        ("DataWord", sandbox => sandbox.Call<int>("DataWord")),
        ("SetDataWord", sandbox => Do(sandbox, "SetDataWord", 1271)),
        ("SetBssWord", sandbox => Do(sandbox, "SetBssWord", -1)),
        ("AllocateAndTouch", sandbox => sandbox.Call<int>("AllocateAndTouch", 12)),
        ("HeapInfo", sandbox => sandbox.Call<string>("HeapInfo")),
        ("RandomSeed", sandbox => sandbox.Call<ulong>("RandomSeed")),
        ("LogMessage", sandbox => Do(sandbox, "LogMessage", 3, "a warning")),
        ("RunOnHeap", sandbox => sandbox.Call<int>("RunOnHeap")),
        ("Execute", sandbox => Do(sandbox, "Execute", new byte[] { 0xC3 })),
        ("ReturnError", sandbox => Do(sandbox, "ReturnError", 9, "an error")),
        ("MalformedResult", sandbox => sandbox.Call<byte[]>("MalformedResult")),
    ];

    private static readonly (string Name, Func<Sandbox, object?> Act)[] Warm =
    [
        ("Settings", sandbox => sandbox.Call<string>("Settings")),
        ("Count", sandbox => sandbox.Call<int>("Count")),
        ("RandomSeed", sandbox => sandbox.Call<ulong>("RandomSeed")),
    ];

    /// <summary>
    /// The guests: the name of the ELF file, and the version of upstream that it is baked for. Guests that use interrupts are not among
    /// them, because the Windows Hypervisor Platform has no interrupt controllers.
    /// </summary>
    public static TheoryData<string, string> All => new()
    {
        { "hello", "0.16.0" },
        { "hello", "0.17.0" },
        { "hello32", "0.16.0" },
        { "hello32-identity", "0.16.0" },
        { "misbehave", "0.16.0" },
        { "misbehave", "0.17.0" },
        { "misbehave32", "0.16.0" },
        { "misbehave-flat", "0.16.0" },
        { "warm", "0.16.0" },
    };

    /// <summary>The guests that need a processor with 32-bit paging.</summary>
    public static TheoryData<string, string> Paged => new() { { "hello-paged", "0.16.0" }, { "misbehave-paged", "0.16.0" } };

    /// <summary>Gets the calls of a guest that end without a restore.</summary>
    public static IEnumerable<(string Name, Func<Sandbox, object?> Act)> Calls(string name) =>
        name.StartsWith("hello", StringComparison.Ordinal) ? Hello : name == "warm" ? Warm : Misbehave;

    /// <summary>Gets the calls of a guest after which a restore is due.</summary>
    public static IEnumerable<(string Name, Func<Sandbox, object?> Act)> Crashes(string name) =>
        !name.StartsWith("misbehave", StringComparison.Ordinal) ? [] :
        [
            ("Abort", sandbox => Do(sandbox, "Abort", 7, "gone")),
            ("DivideByZero", sandbox => Do(sandbox, "DivideByZero")),
            ("InvalidOpcode", sandbox => Do(sandbox, "InvalidOpcode")),
            ("TripleFault", sandbox => Do(sandbox, "TripleFault")),
            ("ReadUnmapped", sandbox => sandbox.Call<int>("ReadUnmapped")),
            ("UnknownPort", sandbox => Do(sandbox, "UnknownPort", 4321)),
            ("Recurse", sandbox => sandbox.Call<int>("Recurse", 1 << 20)),
            ("WriteReadOnly", sandbox => sandbox.Call<int>("WriteReadOnly")),
            ("MalformedHostCall", sandbox => Do(sandbox, "MalformedHostCall")),
        ];

    /// <summary>Bakes a guest.</summary>
    public static TestGuest Bake(string name, string version) =>
        version == "0.16.0" ? new(name) : TestGuest.OfVersion(name, version);

    /// <summary>Sets the options of a sandbox.</summary>
    public static void Configure(SandboxOptions options, IHypervisor hypervisor)
    {
        options.Hypervisor = hypervisor;
        options.Seed = Seed;
        options.Print = TextWriter.Null;
        options.DebugPrint = TextWriter.Null;
        options.HostFunctions
            .Add("Now", () => "2026-11-29T00:00:00Z")
            .Add("HostAdd", (int a, int b) => a + b)
            .Add("Settings", () => "max-depth=8");
    }

    private static object? Do(Sandbox sandbox, string function, params object[] arguments)
    {
        sandbox.Call(function, [.. arguments.Select(ToValue)]);
        return null;
    }

    private static GuestValue ToValue(object argument) => argument switch
    {
        int value => value,
        string value => value,
        byte[] value => value,
        _ => throw new ArgumentException($"no test passes a {argument.GetType()}", nameof(argument)),
    };
}
