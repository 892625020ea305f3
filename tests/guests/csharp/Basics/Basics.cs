using Hyperlight;

namespace Basics;

/// <summary>Answers calls. Tests compare the answers of the checks with texts.</summary>
[GuestExport]
public sealed partial class Basics : IBasics
{
    private static readonly Dictionary<string, Func<string>> Checks = new()
    {
        ["linq"] = Library.Linq,
        ["json"] = Library.Json,
        ["regex"] = Library.Regex,
        ["numbers"] = Library.Numbers,
        ["async"] = Scheduling.Async,
        ["thread"] = Scheduling.Thread,
        ["tasks"] = Scheduling.Tasks,
        ["parallel"] = Scheduling.Parallel,
        ["timer"] = Scheduling.Timer,
        ["cancel"] = Scheduling.Cancel,
        ["lock"] = Scheduling.Lock,
        ["null"] = Faults.Null,
        ["divide"] = Faults.Divide,
        ["array"] = Faults.Array,
        ["cast"] = Faults.Cast,
        ["finally"] = Faults.Finally,
        ["filter"] = Faults.Filter,
        ["task-throws"] = Faults.InTask,
        ["throw"] = () => throw new InvalidDataException("thrown on purpose"),
        ["throw-null"] = () => Faults.Length(null!),
        ["collect"] = Memory.Collect,
        ["finalizers"] = Memory.Finalizers,
        ["fill"] = Memory.Fill,
        ["churn"] = Memory.Churn,
        ["in-use"] = Memory.InUse,
        ["random"] = Host.Random,
        ["utc"] = Host.Utc,
        ["ticks"] = Host.Ticks,
        ["sleep"] = Host.Sleep,
        ["count"] = Memory.Count,
        ["sums"] = Sums.Total,
    };

    /// <inheritdoc/>
    public int Add(int a, int b) => a + b;

    /// <inheritdoc/>
    public long AddLong(long a, long b) => a + b;

    /// <inheritdoc/>
    public double Half(double number) => number / 2;

    /// <inheritdoc/>
    public bool Not(bool value) => !value;

    /// <inheritdoc/>
    public string Greet(string name) => $"Hello, {name}!";

    /// <inheritdoc/>
    public byte[] Reverse(byte[] bytes) => [.. bytes.Reverse()];

    /// <inheritdoc/>
    public string Check(string name) => Checks[name]();

    /// <inheritdoc/>
    public string Crash(string name) => Crashes.All[name]();
}
