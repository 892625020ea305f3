using System.Text.Json.Nodes;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Tests saved and loaded snapshots of a guest without page tables.</summary>
[Wine]
public sealed class SavedIdentitySnapshotTests : IDisposable
{
    private const string Name = "misbehave32";
    private const string Tag = "ready";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-saved-");

    private string Saved => Path.Combine(_root.FullName, "guest");

    public void Dispose() => _root.Delete(recursive: true);

    [KvmTheory]
    [InlineData(Name)]
    [InlineData("misbehave-flat")]
    public void A_saved_snapshot_goes_on_where_it_was_taken_without_its_image(string name)
    {
        string digest;
        ulong seed;
        ulong heap;
        using (TestGuest guest = new(name))
        {
            using Sandbox first = guest.Start();
            first.Call("SetDataWord", 1);
            first.Call("SetBssWord", 2);
            heap = guest.Image.Map.Heap.Gva.Value + 0x4000;
            Assert.All(Enumerable.Range(0, 20), page => first.Call<int>("WriteByte", heap + ((ulong)page * 0x1000), 3));
            seed = first.Call<ulong>("RandomSeed");
            using Snapshot snapshot = first.TakeSnapshot();
            digest = snapshot.Save(Saved, Tag);
        }

        foreach (string reference in (string[])[Tag, digest])
        {
            using Snapshot loaded = Snapshot.Load(Saved, reference);
            using Sandbox second = loaded.CreateSandbox();
            using Sandbox third = loaded.CreateSandbox();
            loaded.Dispose();
            Assert.Equal((1, 2), (second.Call<int>("DataWord"), second.Call<int>("BssWord")));
            Assert.Equal(seed, second.Call<ulong>("RandomSeed"));
            second.Call("SetDataWord", 5);
            Assert.Equal(3, second.Call<int>("WriteByte", heap, 3));
            Assert.Equal((1, 3), (third.Call<int>("DataWord"), third.Call<int>("ReadByte", heap + 0x13000)));
        }
    }

    [KvmFact]
    public void A_hundred_sandboxes_of_a_loaded_snapshot_scribble_and_leave_its_files_and_each_other_untouched()
    {
        using TestGuest guest = new(Name);
        using (Sandbox first = guest.Start())
        {
            first.Call("SetDataWord", 1);
            using Snapshot snapshot = first.TakeSnapshot();
            snapshot.Save(Saved, Tag);
        }

        ulong heap = guest.Image.Map.Heap.Gva.Value + 0x4000;
        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        List<Sandbox> sandboxes = [.. Enumerable.Range(0, 100).Select(_ => loaded.CreateSandbox())];
        try
        {
            for (int i = 0; i < sandboxes.Count; i++)
            {
                sandboxes[i].Call("SetDataWord", 100 + i);
                sandboxes[i].Call("SetBssWord", 200 + i);
                sandboxes[i].Call<int>("WriteByte", heap, i);
            }

            Assert.All(sandboxes.Index(), sandbox => Assert.Equal(
                (100 + sandbox.Index, 200 + sandbox.Index, sandbox.Index),
                (sandbox.Item.Call<int>("DataWord"), sandbox.Item.Call<int>("BssWord"), sandbox.Item.Call<int>("ReadByte", heap))));
            Assert.All(sandboxes, sandbox =>
            {
                sandbox.Restore(loaded);
                Assert.Equal((1, 0, 0), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord"), sandbox.Call<int>("ReadByte", heap)));
            });
        }
        finally
        {
            sandboxes.ForEach(sandbox => sandbox.Dispose());
        }

        // Both calls check all digests.
        guest.AssertUnchanged();
        Snapshot.Load(Saved, Tag).Dispose();
    }

    [KvmFact]
    public void What_the_guest_did_not_write_is_on_disk_once_whatever_the_number_of_snapshots()
    {
        using TestGuest guest = new(Name, request => request with { Sizes = new GuestSizes { HeapSize = 4 << 20 } });
        using Sandbox sandbox = guest.Start();
        for (int i = 0; i < 3; i++)
        {
            sandbox.Call("SetDataWord", i);
            using Snapshot snapshot = sandbox.TakeSnapshot();
            snapshot.Save(Saved, $"tag-{i}");
        }

        // The files are the image's memory, and for each snapshot a manifest, a config and its pages. The untouched heap of 4 MiB is in
        // none of them.
        FileInfo[] files = new DirectoryInfo(OciLayout.BlobDirectory(Saved)).GetFiles();
        Assert.Equal(1 + (3 * 3), files.Length);
        Assert.InRange(files.Sum(file => file.Length), 1, 1 << 20);
    }

    [KvmFact]
    public void Hostile_pages_and_registers_in_a_file_hurt_their_own_guest_alone()
    {
        using TestGuest guest = new(Name);
        using Sandbox first = guest.Start();
        using Snapshot snapshot = first.TakeSnapshot();
        Random random = new(1271);
        for (int i = 0; i < 20; i++)
        {
            string directory = Path.Combine(_root.FullName, $"{i}");
            snapshot.Save(directory, Tag);
            string pages = PagesPath(directory);
            byte[] bytes = File.ReadAllBytes(pages);
            random.NextBytes(bytes.AsSpan(0x1000 + random.Next(bytes.Length - 0x2000), 0x1000));
            File.WriteAllBytes(pages, bytes);
            using Snapshot loaded = Snapshot.Load(directory, Tag, options => options.VerifyContent = false);
            using Sandbox sandbox = loaded.CreateSandbox();
            HostileSandbox.AssertContained(sandbox, snapshot);
        }
    }

    [KvmFact]
    public void A_guest_in_a_mode_that_no_reader_accepts_is_HL3008_and_nothing_is_written()
    {
        using TestGuest guest = new(Name);
        using Sandbox sandbox = guest.Start();
        using Snapshot good = sandbox.TakeSnapshot();
        Snapshot bad = good.With(good.Content.Processor with { Special = good.Content.Processor.Special with { Efer = 1 << 8 } });

        HyperlightException failure = Assert.Throws<HyperlightException>(() => bad.Save(Saved, Tag));

        Assert.Equal(Rules.SnapshotNotSavable, failure.Finding!.Rule);
        Assert.Contains("32-bit", failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Saved));
    }

    [KvmTheory]
    [InlineData(Name)]
    [InlineData("misbehave-flat")]
    public void Most_of_a_gigabyte_of_zeros_costs_nothing_and_is_the_guests_own(string name)
    {
        using TestGuest guest = new(
            name, request => request with { Sizes = new GuestSizes { HeapSize = 800 << 20 }, InitData = new byte[] { 5 } });
        ulong heap = guest.Image.Map.Heap.Gva.Value;
        ulong last = guest.Image.Map.InitData.Gva.Value - 1;
        using Sandbox first = guest.Start();
        using Sandbox second = guest.Start();
        Assert.Equal((0, 5), (first.Call<int>("ReadByte", last), first.Call<int>("ReadByte", last + 1)));
        first.Call<int>("WriteByte", last, 7);
        first.Call<int>("WriteByte", heap + (400 << 20), 8);
        using Snapshot snapshot = first.TakeSnapshot();
        Assert.InRange(snapshot.Size, 1L, 1L << 20);
        first.Call<int>("WriteByte", last, 9);
        first.Restore(snapshot);
        second.Restore(snapshot);
        snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using Sandbox third = loaded.CreateSandbox();

        Assert.All([first, second, third], sandbox => Assert.Equal(
            (7, 8, 0, 5),
            (sandbox.Call<int>("ReadByte", last), sandbox.Call<int>("ReadByte", heap + (400 << 20)), sandbox.Call<int>(
                "ReadByte", heap + (500 << 20)), sandbox.Call<int>("ReadByte", last + 1))));
        Assert.InRange(new DirectoryInfo(OciLayout.BlobDirectory(Saved)).GetFiles().Sum(file => file.Length), 1, 1 << 20);
    }

    [KvmTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Files_that_become_shorter_change_nothing(bool verifyContent)
    {
        using TestGuest guest = new(Name);
        using Sandbox first = guest.Start();
        using Snapshot snapshot = first.TakeSnapshot();
        snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag, options => options.VerifyContent = verifyContent);
        foreach (string path in Directory.GetFiles(OciLayout.BlobDirectory(Saved)))
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(0);
        }

        first.Restore(loaded);
        using Sandbox second = loaded.CreateSandbox();
        Assert.Equal((42, 42), (first.Call<int>("DataWord"), second.Call<int>("DataWord")));
        using Snapshot next = second.TakeSnapshot();
        next.Save(Path.Combine(_root.FullName, "other"), Tag);
    }

    [KvmTheory]
    [InlineData("{}")]
    [InlineData("{\"parameter_types\":[],\"return_type\":\"int\"}")]
    [InlineData("{\"function_name\":\"F\",\"return_type\":\"int\"}")]
    [InlineData("{\"function_name\":\"F\",\"parameter_types\":[]}")]
    [InlineData("{\"function_name\":\"F\",\"parameter_types\":[null],\"return_type\":\"int\"}")]
    [InlineData("{\"function_name\":\"F\",\"parameter_types\":[\"void\"],\"return_type\":\"int\"}")]
    [InlineData(
        "{\"function_name\":\"F\",\"parameter_types\":[],\"return_type\":\"int\"},"
        + "{\"function_name\":\"F\",\"parameter_types\":[],\"return_type\":\"int\"}")]
    [InlineData("{\"function_name\":\"a\\u001b[2J\",\"parameter_types\":[],\"return_type\":\"int\"}")]
    [InlineData("{\"function_name\":\"\",\"parameter_types\":[],\"return_type\":\"int\"}")]
    public void Host_functions_that_lack_something_are_HL3002(string functions)
    {
        using TestGuest guest = new(Name);
        using Sandbox first = guest.Start();
        using Snapshot snapshot = first.TakeSnapshot();
        snapshot.Save(Saved, Tag);
        Forge("config", config => config["host_functions"] = JsonNode.Parse($"[{functions}]"));

        HyperlightException refused = Assert.Throws<HyperlightException>(() => Snapshot.Load(Saved, Tag));

        Assert.Equal(Rules.ImageMalformed, refused.Finding?.Rule);
        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    /// <summary>Changes the config and updates the digests that depend on it.</summary>
    private void Forge(string document, Action<JsonNode> change)
    {
        string index = Path.Combine(Saved, OciLayout.IndexFile);
        JsonNode list = JsonNode.Parse(File.ReadAllText(index))!;
        JsonNode manifest = Parse(list["manifests"]![0]!);
        JsonNode config = Parse(manifest[document]!);
        change(config);
        Store(manifest[document]!, config);
        Store(list["manifests"]![0]!, manifest);
        File.WriteAllText(index, list.ToJsonString());
    }

    private JsonNode Parse(JsonNode descriptor) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(OciLayout.BlobDirectory(Saved), OciLayout.FileName((string)descriptor["digest"]!))))!;

    private void Store(JsonNode descriptor, JsonNode document)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(document.ToJsonString());
        string digest = OciLayout.Digest(System.Security.Cryptography.SHA256.HashData(bytes));
        File.WriteAllBytes(Path.Combine(OciLayout.BlobDirectory(Saved), OciLayout.FileName(digest)), bytes);
        (descriptor["digest"], descriptor["size"]) = (digest, bytes.Length);
    }

    private static string PagesPath(string directory) => Directory.GetFiles(OciLayout.BlobDirectory(directory))
        .Select(path => (Path: path, Text: File.ReadAllText(path)))
        .Where(file => file.Text.Contains("\"layers\"", StringComparison.Ordinal))
        .Select(file => Path.Combine(
            OciLayout.BlobDirectory(directory), ((string)JsonNode.Parse(file.Text)!["layers"]![1]!["digest"]!)["sha256:".Length..]))
        .Single();
}
