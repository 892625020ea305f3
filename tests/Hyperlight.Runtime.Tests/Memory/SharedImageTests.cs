using Hyperlight.Memory;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests.Memory;

/// <summary>Tests the memory that the sandboxes of an image have in common, and when it is freed.</summary>
public class SharedImageTests
{
    private static IHostMemory Host => Hypervisor.Chosen.Memory;

    [KvmTheory(Needs.Hypervisor)]
    [InlineData(false)]
    [InlineData(true)]
    public void All_guests_with_page_tables_share_one_view_which_outlives_the_image(bool verifyContent)
    {
        using TestGuest guest = new("hello");
        GuestImage image = guest.Open(options => options.VerifyContent = verifyContent);
        GuestMemory first = new(image.Map, image.File, Host);
        GuestMemory second = new(image.Map, image.File, Host);
        MappedMemory view = first.Layers[0].Shared.Memory;
        Assert.Same(view, second.Layers[0].Shared.Memory);
        Assert.NotSame(first.Scratch, second.Scratch);

        image.Dispose();
        first.Dispose();
        Assert.False(view.IsClosed);
        second.Dispose();
        Assert.True(view.IsClosed);
    }

    [KvmFact(Needs.Hypervisor)]
    public void Each_guest_without_page_tables_has_a_view_of_its_own()
    {
        using TestGuest guest = new("hello32");
        GuestMemory first = new(guest.Image.Map, guest.Image.File, Host);
        using GuestMemory second = new(guest.Image.Map, guest.Image.File, Host);
        MappedMemory view = first.Layers[0].Shared.Memory;
        Assert.NotSame(view, second.Layers[0].Shared.Memory);

        first.Dispose();
        Assert.True(view.IsClosed);
        Assert.False(second.Layers[0].Shared.Memory.IsClosed);
    }

    [KvmFact(Needs.Hypervisor)]
    public void A_blob_has_one_map()
    {
        using TestGuest guest = new("hello");
        using TestGuest other = new("hello", request => request with { Sizes = new() { HeapSize = 9 << 20 } });
        using GuestMemory memory = new(guest.Image.Map, guest.Image.File, Host);

        Assert.Throws<ArgumentException>(() => new GuestMemory(other.Image.Map, guest.Image.File, Host));
    }

    [KvmFact(Needs.Hypervisor)]
    public void After_a_view_that_could_not_be_mapped_the_next_guest_tries_again()
    {
        using TestGuest guest = new("hello");
        WatchedHypervisor refusing = new(Hypervisor.Chosen)
        {
            Before = request => _ = request == nameof(IHostMemory.MapReadOnly) ? throw new HyperlightException("refused") : request,
        };
        Assert.Throws<HyperlightException>(() => new GuestMemory(guest.Image.Map, guest.Image.File, refusing.Memory));

        using GuestMemory memory = new(guest.Image.Map, guest.Image.File, Host);
        Assert.False(memory.Layers[0].Shared.Memory.IsClosed);
    }
}
