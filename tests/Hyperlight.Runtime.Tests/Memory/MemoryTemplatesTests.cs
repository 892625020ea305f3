using Hyperlight.Memory;
using Hyperlight.Memory.Linux;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Memory;

/// <summary>Tests that no file is shown by more than a bounded number of sandboxes.</summary>
public class MemoryTemplatesTests
{
    private const int MostViews = 64;

    [KvmFact(Needs.Hypervisor)]
    public void A_template_serves_a_bounded_number_of_guests()
    {
        using TestGuest guest = new("hello");
        GuestMemory[] memories =
        [
            .. Enumerable.Range(0, (2 * MostViews) + 2).Select(
                _ => new GuestMemory(guest.Image.Map, guest.Image.File, Hypervisor.Chosen.Memory)),
        ];
        Assert.SkipWhen(OperatingSystem.IsWindows(), "need Linux: only there memory shows files");
        MemoryTemplate[] templates = [.. memories.Select(memory => memory.Scratch.Template!)];

        Assert.Equal([MostViews, MostViews, 2], templates.CountBy(template => template).Select(pair => pair.Value));
        Assert.All(memories, memory => Assert.Equal(
            memories[0].Scratch.Slice(0, (int)memory.Scratch.Size).ToArray(), memory.Scratch.Slice(0, (int)memory.Scratch.Size)));
        Array.ForEach(memories, memory => memory.Dispose());
        Assert.All(templates[..^1], template => Assert.Equal(template == templates[^1], template.TryShare()));
    }

    [Fact]
    public void A_sandbox_keeps_the_template_that_it_has_and_gets_another_for_other_content()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "need Linux: only there memory shows files");
        LinuxHostMemory host = new();
        using MemoryTemplates templates = new(() => host.CreateTemplate(0x1000, []));
        using MemoryTemplates others = new(() => host.CreateTemplate(0x1000, []));
        MemoryTemplate[] shared = [.. Enumerable.Range(0, MostViews + 1).Select(_ => templates.Share())];

        using MemoryTemplate again = templates.Share(shared[0]);
        using MemoryTemplate newest = templates.Share();
        using MemoryTemplate other = others.Share(shared[0]);
        Assert.Same(shared[0], again);
        Assert.Same(shared[^1], newest);
        Assert.NotSame(shared[0], newest);
        Assert.NotSame(shared[0], other);
        Array.ForEach(shared, template => template.Dispose());
    }
}
