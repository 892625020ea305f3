using System.Collections.Concurrent;
using Hyperlight.Compiling;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>
/// The guest <c>crash.c</c>, compiled and baked as builds of projects in Debug do, with a source map of its debug information. A comment in
/// the source marks the line at which each function fails.
/// </summary>
internal sealed class CrashGuest : IDisposable
{
    /// <summary>The name of the kind of guests that have the C library musl.</summary>
    public const string WithLibc = "musl";

    private const string File = "src/crash.c";

    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "guests");
    private static readonly string[] Source = System.IO.File.ReadAllLines(Path.Combine(Folder, File));
    private static readonly ConcurrentDictionary<string, Lazy<GuestPlan>> Built = new();

    /// <param name="kind">The name of a layout, as projects write it, or <see cref="WithLibc"/>.</param>
    public CrashGuest(string kind)
    {
        GuestPlan plan = Built.GetOrAdd(kind, _ => new(() => Build(kind))).Value;
        SymbolFile = plan.SymbolFile;
        Guest = TestGuest.FromFile(plan.Output, request => request with
        {
            Symbols = System.IO.File.ReadAllBytes(plan.SymbolFile),
            SourceFolder = Folder,
            Sizes = plan.Libc is null ? request.Sizes : new GuestSizes { HeapSize = 1 << 20, ScratchSize = 16 << 20 },
        });
    }

    public TestGuest Guest { get; }

    /// <summary>Gets the path of the file with the symbols and lines of the guest.</summary>
    public string SymbolFile { get; }

    /// <summary>Gets the place at which a function of <c>crash.c</c> fails, as texts show it.</summary>
    public static string PlaceOf(string function) => $"{function} ({File}:{LineOf(function)})";

    public void Dispose() => Guest.Dispose();

    // The files lie beside the tests: the lab sees them, and compiles only what is not there.
    private static GuestPlan Build(string kind)
    {
        const string Libc = "amd64";
        string output = Path.Combine(AppContext.BaseDirectory, "crash");
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        GuestCompiler? compiler = GuestCompiler.Find("", "", path, out Finding? finding);
        Assert.SkipWhen(compiler is null, $"probe C compiler: {finding}");
        MuslLibrary? library = null;
        if (kind == WithLibc)
        {
            library = MuslLibrary.Find("", out finding);
            Assert.SkipWhen(library is null, $"probe musl: {finding}");
        }

        GuestPlan plan = new()
        {
            Target = GuestTarget.Find(library is null ? kind : Libc)!,
            Sources = [new(Path.Combine(Folder, File), library is null ? [] : ["-DHAS_LIBC"])],
            Output = Path.Combine(output, kind + ".elf"),
            Libc = library,
        };
        BuiltGuests built = new GuestBuilder(
            compiler!,
            Path.Combine(Repository.Root, "sdk", "guest"),
            Path.Combine(output, "kit"),
            Folder,
            new() { HasGnuLinker = ProgramFile.Find("ld.bfd", path) is not null },
            CancellationToken.None).Build([plan]);
        Assert.True(built.Succeeded, string.Join('\n', built.Results.Select(result => result.Text)));
        return plan;
    }

    private static int LineOf(string function) =>
        1 + Array.FindIndex(Source, line => line.EndsWith($"/* here: {function} */", StringComparison.Ordinal));
}
