namespace Hyperlight.CSharpGuest.Tests;

/// <summary>Compares the guest Conformance as the linker of the SDK links it with the same guest linked by GNU ld.</summary>
public sealed class LinkerTests
{
    [KvmFact(Needs.Sse)]
    public void A_guest_answers_every_check_as_when_ld_links_it()
    {
        using GuestImage ours = CSharpGuest.Open("Conformance");
        using TemporaryDirectory folder = new();
        using GuestImage theirs = CSharpGuest.BakeLinkedByLd("Conformance", ours.Map.Sizes, folder.Path);
        using Sandbox first = ours.CreateSandbox();
        using Sandbox second = theirs.CreateSandbox();
        using Snapshot start = first.TakeSnapshot();
        using Snapshot secondStart = second.TakeSnapshot();

        int count = first.Call<int>("Count");

        Assert.Equal(count, second.Call<int>("Count"));
        Assert.NotEqual(0, count);
        Assert.All(Enumerable.Range(0, count), index => Assert.Equal(Answer(second, secondStart, index), Answer(first, start, index)));
    }

    [KvmFact(Needs.Sse)]
    public void A_guest_with_too_little_scratch_says_so()
    {
        using GuestImage ours = CSharpGuest.Open("Conformance");
        using TemporaryDirectory folder = new();
        using GuestImage small = CSharpGuest.BakeLinkedByLd(
            "Conformance", ours.Map.Sizes with { ScratchSize = 4 << 20 }, folder.Path);
        GuestAbortedException exception = Assert.Throws<GuestAbortedException>(() => small.CreateSandbox());
        Assert.Contains("raise ScratchSize", exception.Message, StringComparison.Ordinal);
    }

    // A check that ends the guest is an answer too.
    private static string Answer(Sandbox sandbox, Snapshot start, int index)
    {
        try
        {
            return sandbox.Call<string>("Run", index);
        }
        catch (GuestFailedException exception)
        {
            sandbox.Restore(start);
            return exception.GetType().Name;
        }
    }
}
