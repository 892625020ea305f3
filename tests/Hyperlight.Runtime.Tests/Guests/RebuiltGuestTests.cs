using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Hyperlight.Baking;
using Hyperlight.Runtime.Tests.Microkernels;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>
/// Compares the committed guests with guests that are compiled from the same sources on this machine: both answer every call alike.
/// </summary>
public sealed class RebuiltGuestTests : IDisposable
{
    private readonly DirectoryInfo _output = Directory.CreateTempSubdirectory("hyperlight-guests-");

    public void Dispose() => _output.Delete(recursive: true);

    [KvmFact(Needs.Interrupts)]
    public void Guests_built_anew_behave_like_the_committed_ones()
    {
        Rebuild(
            "hello",
            "hello32",
            "hello32-identity",
            "misbehave",
            "misbehave-flat",
            "misbehave32",
            "warm",
            "ticks",
            "ticks-flat",
            "ticks32",
            "microkernel-identity",
            "microkernel-flat");

        BehaveAlike(["hello", "hello32", "hello32-identity"], ["misbehave", "misbehave-flat", "misbehave32"]);
        Assert.All(
            [_output.GetFiles("warm.elf").Single().FullName, Path.Combine(AppContext.BaseDirectory, "Guests", "warm.elf")],
            elf => Assert.Equal(["Settings: of the host", "Count: 1", "Count: 2"], Memories(elf)));
        TickAlike("ticks", "ticks-flat", "ticks32");
        KernelsBehaveAlike("identity", "flat");
    }

    [KvmFact(Needs.Paging32 | Needs.Interrupts)]
    public void Guests_with_32_bit_paging_built_anew_behave_like_the_committed_ones()
    {
        Rebuild("hello-paged", "misbehave-paged", "ticks-paged", "microkernel-paged");

        BehaveAlike(["hello-paged"], ["misbehave-paged"]);
        TickAlike("ticks-paged");
        KernelsBehaveAlike("paged");
    }

    /// <summary>The only finding about guests of the kit is the one that every guest linked at address 0 gets.</summary>
    [Fact]
    public void The_kits_guests_give_no_warning() => Assert.All(
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Guests"), "*.elf"),
        path =>
        {
            List<Finding> findings = [];
            Assert.NotNull(GuestBaker.Bake(new() { GuestName = "kit", Guest = File.ReadAllBytes(path) }, findings));
            Assert.DoesNotContain(findings, finding => finding.Rule.Severity > FindingSeverity.Information);
        });

    private void BehaveAlike(string[] honest, string[] misbehaving)
    {
        Assert.All(honest, name =>
        {
            string[] rebuilt = Questions(_output.GetFiles(name + ".elf").Single().FullName);
            Assert.Equal(Questions(Path.Combine(AppContext.BaseDirectory, "Guests", name + ".elf")), rebuilt);
            Assert.DoesNotContain(rebuilt[..^2], answer => answer.Contains("Exception", StringComparison.Ordinal));
        });
        Assert.All(misbehaving, name => Assert.Equal(
            Crimes(Path.Combine(AppContext.BaseDirectory, "Guests", name + ".elf")),
            Crimes(_output.GetFiles(name + ".elf").Single().FullName)));
    }

    private void KernelsBehaveAlike(params string[] variants) => Assert.All(variants, variant =>
    {
        string name = $"microkernel-{variant}.elf";
        string[] rebuilt = Requests(_output.GetFiles(name).Single().FullName, variant);
        Assert.Equal(Requests(Path.Combine(AppContext.BaseDirectory, "Guests", name), variant), rebuilt);
        Assert.Contains("bulk: 2000 bytes, sum 0", rebuilt);
    });

    private void TickAlike(params string[] names) => Assert.All(names, name => Assert.All(
        [_output.GetFiles(name + ".elf").Single().FullName, Path.Combine(AppContext.BaseDirectory, "Guests", name + ".elf")],
        elf => Assert.Equal(["Mask: 254", "Total: 0", "Pending: 0"], Ticks(elf))));

    private void Rebuild(params string[] names)
    {
        try
        {
            string script = Path.Combine(Repository.Root, "tests", "guests", "build.sh");
            FinishedProcess build = FinishedProcess.Run(new ProcessStartInfo("sh", [script, "--out", _output.FullName, .. names]));

            // Without a compiler the script prints this text. Any other failure is a fault in the sources of the guests.
            Assert.SkipWhen(build.Error.Contains("no C compiler", StringComparison.OrdinalIgnoreCase), "probe C compiler: " + build.Error);
            Assert.True(build.ExitCode == 0, build.Error);
        }
        catch (Win32Exception exception)
        {
            Assert.Skip($"probe shell: {exception.Message}");
        }
    }

    private static string[] Questions(string elf)
    {
        using TestGuest guest = TestGuest.FromFile(elf);
        using Sandbox sandbox = guest.Start(options => options.HostFunctions
            .Add("Now", () => "noon").Add("HostAdd", (int a, int b) => a + b).Add("HostPrint", (string text) => text.Length));
        return
        [
            Answer(sandbox, "SayHello", "World"),
            Answer(sandbox, "Greet", "World"),
            Answer(sandbox, "Add", 20, 22),
            Answer(sandbox, "Print", "text"),
            Answer(sandbox, "Nothing"),
            Answer(sandbox, "EchoInt", int.MinValue),
            Answer(sandbox, "EchoUInt", uint.MaxValue),
            Answer(sandbox, "EchoLong", long.MinValue),
            Answer(sandbox, "EchoULong", ulong.MaxValue),
            Answer(sandbox, "EchoFloat", 1.5f),
            Answer(sandbox, "EchoDouble", -0.1),
            Answer(sandbox, "EchoString", "hé😀"),
            Answer(sandbox, "EchoBool", true),
            Answer(sandbox, "EchoBytes", new byte[] { 0, 1, 0xFF }),
            Answer(sandbox, "AllTypes", -1, 1u, -1L, 1UL, 1.5f, -0.1, "text", false, new byte[] { 7 }),
            Answer(sandbox, "EchoInt", "not a number"),
            Answer(sandbox, "NoSuchFunction"),
        ];
    }

    private static string[] Memories(string elf)
    {
        using TestGuest guest = TestGuest.FromFile(elf);
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("Settings", () => "of the host"));
        return [Answer(sandbox, "Settings"), Answer(sandbox, "Count"), Answer(sandbox, "Count")];
    }

    private static string[] Ticks(string elf)
    {
        using TestGuest guest = TestGuest.FromFile(
            elf, request => request with { Sizes = request.Sizes with { HardwareInterrupts = true } });
        using Sandbox sandbox = guest.Start();
        return [Answer(sandbox, "Mask"), Answer(sandbox, "Total"), Answer(sandbox, "Pending")];
    }

    private static string[] Requests(string elf, string variant)
    {
        using MicrokernelImage image = MicrokernelImage.FromFile(elf, variant);
        using BootedMicrokernel kernel = image.Boot(new byte[2000]);
        string[] answers = kernel.Ask("ramfs motd", "ramfs nothing", "bulk", "nonsense", "exit 3");
        return [.. answers, Answer(kernel.Sandbox, "kmain"), Answer(kernel.Sandbox, "main")];
    }

    private static string[] Crimes(string elf)
    {
        using TestGuest guest = TestGuest.FromFile(elf);
        (string Function, GuestValue[] Arguments)[] crimes =
        [
            ("Abort", [7, "gone"]), ("AbortFlood", []), ("DivideByZero", []), ("InvalidOpcode", []), ("TripleFault", []),
            ("UnknownPort", [77]),
            ("MalformedHostCall", []), ("MalformedResult", []), ("ReturnError", [3, "no"]), ("DataWord", []), ("BssWord", []),
        ];
        return [.. crimes.Select(crime => Crime(guest, crime.Function, crime.Arguments))];
    }

    private static string Crime(TestGuest guest, string function, GuestValue[] arguments)
    {
        using Sandbox sandbox = guest.Start();
        return Answer(sandbox, function, arguments);
    }

    /// <summary>
    /// Gets the result of a call, or the type of its exception. The message is left out, because it names addresses that may differ.
    /// </summary>
    private static string Answer(Sandbox sandbox, string function, params GuestValue[] arguments)
    {
        try
        {
            return string.Create(CultureInfo.InvariantCulture, $"{function}: {sandbox.Call<GuestValue>(function, arguments)}");
        }
        catch (HyperlightException exception)
        {
            return $"{function}: {exception.GetType().Name}, {sandbox.State}";
        }
    }
}
