namespace Hyperlight.Sdk.Tasks.Tests;

[Trait("Wine", "yes")]
public sealed class BakeRecordTests : IDisposable
{
    private readonly TaskBench _bench = new();

    [Fact]
    public void A_record_reads_back_what_was_written()
    {
        BakeRecord record = new(
            "a=b: c",
            [new("Name", "hello"), new("Odd", "a=b")],
            ["blobs/sha256/00", "index.json"],
            [Rules.WritableCode.Found($"it is: so")],
            "00 missing");
        record.Write(_bench.PathOf("hello.baked"));

        BakeRecord? read = BakeRecord.Read(_bench.PathOf("hello.baked"));

        Assert.NotNull(read);
        Assert.Equal(record.Metadata, read.Metadata);
        Assert.Equal(record.Files, read.Files);
        Assert.Equal(record.Findings, read.Findings);
        Assert.Equal(record.Key, read.Key);
        Assert.Equal(record.Documents, read.Documents);
    }

    [Fact]
    public void A_record_has_the_same_bytes_on_every_system()
    {
        Directory.CreateDirectory(_bench.PathOf("image/blobs/sha256"));
        _bench.Write("image/index.json", []);
        _bench.Write("image/blobs/sha256/00", []);
        BakeRecord record = new("a", [new("Name", "hello")], BakeRecord.FindFiles(_bench.PathOf("image")), [], "d");

        record.Write(_bench.PathOf("hello.baked"));

        Assert.Equal(
            "Key=a\nDocuments=d\nName=hello\nFile=blobs/sha256/00\nFile=index.json\n",
            File.ReadAllText(_bench.PathOf("hello.baked")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("Name=hello\n")]
    [InlineData("Key=a\nDocuments=b\nFile=a\ntruncat")]
    [InlineData("Name=hello\nDocuments=b\nFile=a\n")]
    [InlineData("Key=a\nFile=a\n")]
    [InlineData("Key=a\nDocuments=b\nFile=a\nFinding=HL1: none\n")]
    public void A_damaged_record_is_none(string text)
    {
        File.WriteAllText(_bench.PathOf("hello.baked"), text);

        Assert.Null(BakeRecord.Read(_bench.PathOf("hello.baked")));
    }

    [Fact]
    public void A_missing_record_is_none() => Assert.Null(BakeRecord.Read(_bench.PathOf("none.baked")));

    public void Dispose() => _bench.Dispose();
}
