using Hyperlight.Baking;
using Hyperlight.Images;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests typed calls of a running guest.</summary>
public sealed class RunTimeTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly Sandbox? _sandbox;

    public RunTimeTests()
    {
        Assert.SkipWhen(Hypervisor.Check() is not null, $"probe Kvm: {Hypervisor.Check()}");
        byte[] guest = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Guests", "hello.elf"));
        List<Finding> findings = [];
        BakedImage? baked = GuestBaker.Bake(new() { GuestName = "hello", Guest = guest }, findings);
        Assert.True(baked is not null, string.Join('\n', findings));
        ImageWriter.Write(_directory, baked);
        using GuestImage image = GuestImage.Open(_directory);
        _sandbox = image.CreateSandbox(options => options.HostFunctions.Add("HostAdd", (int a, int b) => a + b));
    }

    private IHello Hello => IHello.For(_sandbox!);

    [Fact]
    public void A_method_calls_the_function()
    {
        Assert.Equal("Hello, World!", Hello.SayHello("World"));
        Assert.Equal(42, Hello.Add(20, 22));
        Assert.Equal(6, Hello.Sum(1, 2, 3));
        Assert.Equal(long.MinValue, Hello.Same(long.MinValue));
        Assert.Equal([1, 2, 3], Hello.EchoBytes([1, 2, 3]));
        Assert.Equal([2, 3], Hello.EchoBytes(((byte[])[1, 2, 3]).AsMemory(1)).ToArray());
        Assert.Equal(4 + 4 + 8 + 8 + 4 + 8 + 4 + 1 + 1 + 4 + 2, Hello.AllTypes(1, 2, 3, 4, 5, 6, "7", true, new byte[] { 9, 10 }).Length);
        Hello.Nothing();
        Assert.Equal(GuestErrorCode.FunctionNotFound, Assert.Throws<GuestErrorException>(() => Hello.Missing()).Code);
    }

    [Fact]
    public async Task A_task_calls_it_too_and_takes_a_token()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        Assert.Equal(42, await Hello.AddAsync(20, 22, token));
        await Hello.NothingAsync(token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Hello.NothingAsync(new(canceled: true)));
        Assert.ThrowsAny<OperationCanceledException>(() => Hello.NothingUnless(new(canceled: true)));
    }

    [Fact]
    public void A_call_with_scalar_values_allocates_nothing()
    {
        IHello hello = Hello;
        hello.Add(1, 2);
        hello.Add(1, 2);
        long before = GC.GetAllocatedBytesForCurrentThread();

        hello.Add(1, 2);
        hello.Add(1, 2);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_result_of_another_form_is_HL5009()
    {
        GuestProtocolException error = Assert.Throws<GuestProtocolException>(() => INumbers.For(_sandbox!).Echo([1, 2]));

        Assert.Equal("HL5009", error.Finding?.Rule.Code);
        Assert.Matches(
            @"^HL5009: the guest returned a result that INumbers\.Echo cannot have: The bytes for INumbers"
            + @"\.Echo are not valid at position \d+ of 11: .*\. Build host and guest from the same interface\.$",
            error.Message);
        Assert.Equal(42, Hello.Add(20, 22));
    }

    [Fact]
    public void A_null_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => IHello.For(null!));
        Assert.Throws<ArgumentNullException>(() => Hello.SayHello(null!));
    }

    public void Dispose()
    {
        _sandbox?.Dispose();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }
}
