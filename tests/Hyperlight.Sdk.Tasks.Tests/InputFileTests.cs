using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Testing;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks.Tests;

/// <summary>
/// Tests paths of guests that lead to something that is not a guest: each is an error that says what to do, and no build waits.
/// </summary>
public sealed class InputFileTests : IDisposable
{
    private readonly TaskBench _bench = new();

    [Fact]
    public void A_guest_that_is_a_link_to_nothing_is_HL4001_and_names_the_target()
    {
        File.CreateSymbolicLink(_bench.PathOf("hello.elf"), "target/nothing.elf");

        ResolveGuests resolve = new()
        {
            Guests = [new Microsoft.Build.Utilities.TaskItem("hello.elf")],
            ImageRoot = _bench.ImageRoot,
            AssemblyName = "App",
        };
        Assert.False(_bench.Run(resolve));

        BuildErrorEventArgs error = Assert.Single(_bench.Engine.Errors);
        Assert.Equal("HL4001", error.Code);
        Assert.Contains(
            "is a link to '" + _bench.PathOf("target/nothing.elf") + "', which does not exist: build the guest first",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_that_is_a_link_to_a_guest_is_baked()
    {
        _bench.Write("built.elf", TestElf.Amd64().Build());
        File.CreateSymbolicLink(_bench.PathOf("hello.elf"), "built.elf");

        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };
        Assert.True(_bench.Run(bake));
    }

    [Fact]
    public void A_guest_that_is_a_pipe_is_HL4001_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "probe mkfifo: only Linux has it");
        NamedPipe.Create(_bench.PathOf("hello.elf"));

        Assert.Contains("is a pipe and no ordinary file", BakeFails(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_larger_than_an_array_is_told_to_lose_its_debug_information()
    {
        using (FileStream file = File.Create(_bench.PathOf("hello.elf")))
        {
            file.SetLength((long)Array.MaxLength + 1);
        }

        // Not with the tasks, which would compute the digest of a sparse file of two gigabytes. That takes seconds.
        string message = Assert.Throws<InvalidDataException>(() => InputFile.ReadAllBytes(_bench.PathOf("hello.elf"))).Message;
        Assert.Contains("objcopy --strip-debug", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_that_is_a_device_is_an_empty_file_and_no_endless_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "probe /dev/zero: only Linux has it");
        File.CreateSymbolicLink(_bench.PathOf("hello.elf"), "/dev/zero");
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };

        Assert.False(_bench.Run(bake));

        Assert.Equal("HL1001", Assert.Single(_bench.Engine.Errors).Code);
    }

    public void Dispose() => _bench.Dispose();

    private string BakeFails()
    {
        using BakeGuests bake = new() { Guests = _bench.Resolve("hello.elf") };
        Assert.False(_bench.Run(bake));
        BuildErrorEventArgs error = Assert.Single(_bench.Engine.Errors);
        Assert.Equal("HL4001", error.Code);
        return error.Message!;
    }
}
