using Hyperlight.Sdk.Tasks.Settings;

namespace Hyperlight.Sdk.Tasks.Tests.Settings;

/// <summary>Tests what follows from the description of each setting.</summary>
public sealed class GuestSettingTests : IDisposable
{
    private readonly TaskBench _bench = new();

    public GuestSettingTests()
    {
        _bench.Write("a.bin", [1]);
        _bench.Write("b.bin", [2]);
    }

    public static TheoryData<string> Names => [.. GuestSetting.All.Select(setting => setting.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_value_goes_from_task_to_task_unchanged(string name)
    {
        GuestSetting setting = Find(name);
        GuestSettings other = With(setting);

        Dictionary<string, string> texts = GuestSetting.All.ToDictionary(each => each.Name, each => each.ToText(other));
        GuestSettings read = GuestSettings.FromText(name => texts[name]);

        Assert.NotEqual(setting.ToText(new()), setting.ToText(other));
        Assert.All(GuestSetting.All, each => Assert.Equal(each.ToText(other), each.ToText(read)));
        Assert.All(GuestSetting.All.Except([setting]), each => Assert.Equal(each.ToText(new()), each.ToText(read)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_key_of_an_image_is_another_where_a_value_changes_the_image_and_only_there(string name)
    {
        GuestSetting setting = Find(name);

        Assert.Equal(setting.Effect == SettingEffect.Image, Key(new()) != Key(With(setting)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_key_of_an_image_depends_on_the_content_of_files_and_not_on_their_paths(string name)
    {
        GuestSetting setting = Find(name);
        if (!setting.NamesFiles || setting.Effect != SettingEffect.Image)
        {
            return;
        }

        GuestSettings one = With(setting);
        _bench.Write("c.bin", [1]);
        GuestSettings same = setting.FromText(one, setting.ToText(one).Replace("a.bin", "c.bin", StringComparison.Ordinal));
        GuestSettings other = setting.FromText(one, setting.ToText(one).Replace("a.bin", "b.bin", StringComparison.Ordinal));
        GuestSettings missing = setting.FromText(one, setting.ToText(one).Replace("a.bin", "no.bin", StringComparison.Ordinal));

        Assert.Equal(Key(one), Key(same));
        Assert.NotEqual(Key(one), Key(other));
        Assert.Null(Key(missing));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_text_that_is_no_value_is_one_finding_and_changes_nothing(string name)
    {
        GuestSetting setting = Find(name);
        List<Finding> findings = [];

        GuestSettings read = setting.Read(new(), "?", FindFile, findings.Add);

        bool takesAnything = setting.SchemaType == "path" || name == nameof(GuestSettings.Name);
        Assert.Equal(takesAnything ? 0 : 1, findings.Count);
        Assert.Equal(takesAnything, setting.ToText(new()) != setting.ToText(read));
    }

    [Fact]
    public void A_former_name_is_read_where_the_name_has_no_value()
    {
        SettingNames names = new("New", "Old");

        Assert.Equal(("New", "1"), names.Find(name => name == "New" ? " 1 " : "2"));
        Assert.Equal(("Old", "2"), names.Find(name => name == "New" ? " " : " 2"));
        Assert.Equal(("New", ""), names.Find(_ => ""));
        Assert.Equal(("New", ""), new SettingNames("New", null).Find(_ => ""));
    }

    [Theory]
    [InlineData(0x20000UL, "128K")]
    [InlineData(0x100000UL, "1M")]
    [InlineData(3UL << 30, "3G")]
    [InlineData(1000UL, "1000")]
    [InlineData(0UL, "0")]
    public void A_size_is_written_with_the_greatest_unit_that_leaves_a_whole_number(ulong bytes, string text) =>
        Assert.Equal(text, SettingKinds.Size.ToText(bytes));

    public void Dispose() => _bench.Dispose();

    private static GuestSetting Find(string name) => GuestSetting.All.Single(setting => setting.Name == name);

    private GuestSettings With(GuestSetting setting)
    {
        string text = setting.SchemaType switch
        {
            "size" => "1M",
            "int" => "31",
            "bool" => "true",
            "enum" => setting.Values().First(value => value != setting.Default),
            "path" => "a.bin",
            _ when setting.NamesFiles => "label=a.bin@0x1000",
            _ => "other",
        };
        return setting.Read(new(), text, FindFile, finding => Assert.Fail(finding.Message));
    }

    private FileInfo FindFile(string path) => new(_bench.PathOf(path));

    private static string? Key(GuestSettings settings) => BakeKey.Of(settings, "guest", file => Files.FileDigest.OfFile(file.Path));
}
