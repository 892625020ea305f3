namespace Hyperlight.CSharpGuest.Tests;

/// <summary>Tests that failures of a guest in C# name the author's method, the file and the line.</summary>
public sealed class CrashTests(BasicsFixture basics) : IClassFixture<BasicsFixture>
{
    private const string File = "Crashes.cs";

    private static readonly string[] Source =
        System.IO.File.ReadAllLines(Path.Combine(Repository.Root, "tests", "guests", "csharp", "Basics", File));

    public static TheoryData<string, string, Type> Failures => new()
    {
        { "null", "Crashes.Null", typeof(GuestErrorException) },
        { "divide", "Crashes.Divide", typeof(GuestErrorException) },
        { "library", "Crashes.Library", typeof(GuestErrorException) },
        { "constructor", "Crashes.Picky..ctor", typeof(GuestErrorException) },
        { "property", "Crashes.Picky.get_Broken", typeof(GuestErrorException) },
        { "generic", "Crashes.Box<T>.Take", typeof(GuestErrorException) },
        { "nested", "Crashes.Outer.Inner.Fail", typeof(GuestErrorException) },
        { "lambda", "lambda in Crashes..cctor", typeof(GuestErrorException) },
        { "local", "Crashes.Local.Deeper", typeof(GuestErrorException) },
        { "iterator", "Crashes.Numbers", typeof(GuestErrorException) },
        { "async", "Crashes.LaterAsync", typeof(GuestErrorException) },
        { "fail fast", "Crashes.FailFast", typeof(GuestAbortedException) },
        { "thread", "Crashes.Throw", typeof(GuestAbortedException) },
        { "spin", "Crashes.Spin", typeof(TimeoutException) },
        { "wait", "Crashes.Wait", typeof(TimeoutException) },
        { "sort", "Crashes.Sort", typeof(TimeoutException) },
        { "overflow", "Crashes.Overflow", typeof(GuestCpuException) },
        { "jump", "Crashes.Jump", typeof(GuestCpuException) },
        { "write", "Crashes.Write", typeof(GuestAbortedException) },
    };

    [KvmTheory(Needs.Sse)]
    [MemberData(nameof(Failures))]
    public void A_failure_names_method_file_and_line(string name, string method, Type type)
    {
        CallOptions options = new() { Timeout = TimeSpan.FromSeconds(type == typeof(TimeoutException) ? 1 : 20) };

        Exception? failure = Record.Exception(() => basics.Restored().Call<string>("Crash", options, name));

        string place = $"{method} ({File}:{1 + Array.FindIndex(Source, line => line.EndsWith("// " + name, StringComparison.Ordinal))})";
        Assert.True(type == failure?.GetType(), $"{failure}");
        Assert.True(failure!.Message.Contains($" at {place}", StringComparison.Ordinal), failure.Message);
        GuestLocation? location = (failure as GuestErrorException)?.Location ?? (failure as GuestFailedException)?.Location;
        Assert.Equal(type == typeof(TimeoutException) ? null : place, location?.ToString());
    }
}
