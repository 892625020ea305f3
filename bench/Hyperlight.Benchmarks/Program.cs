// Measures how fast sandboxes are and compares them with the figures of upstream's host (docs/performance.md). Run one of these commands at
// the root of the repository:
//   dotnet run -c Release --project bench/Hyperlight.Benchmarks -- [--quick] [--guest FILE] [--only TEXT]
//   dotnet run -c Release --project bench/Hyperlight.Benchmarks -- --alive COUNT [--pool] [--guest FILE]
//   dotnet run -c Release --project bench/Hyperlight.Benchmarks -- --plots [--guest FILE]
//   dotnet run -c Release --project bench/Hyperlight.Benchmarks -- --micro [ARGUMENT...]
// The first command prints the tables: --quick takes less than two minutes on an idle machine, --only prints the rows whose names contain
// the text. The second one creates sandboxes, or rents them from a pool, until so many are alive. The third one draws docs/images. The last
// one runs BenchmarkDotNet with the arguments.

using BenchmarkDotNet.Running;
using Hyperlight.Benchmarks;

if (args is ["--micro", .. var rest])
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(rest.Length == 0 ? ["--filter", "*"] : rest);
    return 0;
}

bool quick = false;
bool isPooled = false;
bool draws = false;
int alive = 0;
string guest = BenchGuest.Default;
string? only = null;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--quick":
            quick = true;
            break;
        case "--pool":
            isPooled = true;
            break;
        case "--plots":
            draws = true;
            break;
        case "--alive" when i + 1 < args.Length && int.TryParse(args[i + 1], out alive) && alive > 0:
            i++;
            break;
        case "--guest" when i + 1 < args.Length:
            guest = args[++i];
            break;
        case "--only" when i + 1 < args.Length:
            only = args[++i];
            break;
        default:
            Console.Error.WriteLine(
                "usage: [--quick] [--guest FILE] [--only TEXT] | --alive COUNT [--pool] [--guest FILE] | --plots [--guest FILE] "
                    + "| --micro [ARGUMENT...]");
            return 2;
    }
}

Machine.Print();
Console.WriteLine($"guest: {Path.GetFileName(guest)}");
if (draws)
{
    Plots.Run(guest);
    return 0;
}

if (alive > 0)
{
    using BenchGuest many = new(guest, heapSize: 128 << 10);
    AliveTable.Run(many, [.. ((int[])[10, 100, 1000, 5000, 10_000]).Where(count => count < alive), alive], isPooled);
    return 0;
}

bool isMet;
using (BenchGuest identity = new(BenchGuest.Identity, heapSize: 64 << 20))
using (IdentityOperations unpaged = new(identity))
using (SandboxOperations paged = new(guest))
{
    Operation[] operations = [.. paged.All(), .. unpaged.All()];
    isMet = SpeedTable.Run(
        [.. operations.Where(operation => operation.Name.Contains(only ?? "", StringComparison.OrdinalIgnoreCase))], quick ? 5 : 20);
}

if (only is not null)
{
    return isMet ? 0 : 1;
}

using BenchGuest small = new(guest, heapSize: 128 << 10);
using BenchGuest large = new(guest, heapSize: 64 << 20);
isMet &= WholeProcess.Run(small, quick ? 10 : 40);
isMet &= AliveTable.Compare(small, quick ? 200 : 1000, new(Upstream.Memory, 0.5));
isMet &= AliveTable.Compare(large, quick ? 50 : 100, new(Upstream.LargeMemory, 0.25));
return isMet ? 0 : 1;
