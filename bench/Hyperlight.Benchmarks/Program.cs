// Measures how fast sandboxes are and compares them with the figures of upstream's host (docs/performance.md). Run one of these commands at
// the root of the repository:
//   dotnet run -c Release --project bench/Hyperlight.Benchmarks -- [--quick] [--guest FILE] [--only TEXT]
//   dotnet run -c Release --project bench/Hyperlight.Benchmarks -- --micro [ARGUMENT...]
// The first command prints the table: --quick takes less than two minutes, --only prints the rows whose names contain the text. The second
// command runs BenchmarkDotNet with the arguments.

using BenchmarkDotNet.Running;
using Hyperlight.Benchmarks;

if (args is ["--micro", .. var rest])
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(rest.Length == 0 ? ["--filter", "*"] : rest);
    return 0;
}

if (args is [WholeProcess.ChildWord, var image, var function])
{
    return WholeProcess.RunChild(image, function);
}

bool quick = false;
string guest = BenchGuest.Default;
string? only = null;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--quick":
            quick = true;
            break;
        case "--guest" when i + 1 < args.Length:
            guest = args[++i];
            break;
        case "--only" when i + 1 < args.Length:
            only = args[++i];
            break;
        default:
            Console.Error.WriteLine("usage: [--quick] [--guest FILE] [--only TEXT] | --micro [ARGUMENT...]");
            return 2;
    }
}

Machine.Print();
Console.WriteLine($"guest: {Path.GetFileName(guest)}");
using BenchGuest small = new(guest, heapSize: 128 << 10);
using BenchGuest large = new(guest, heapSize: 64 << 20);
using BenchGuest identity = new(BenchGuest.Identity, heapSize: 64 << 20);
bool isMet = SpeedTable.Run(small, large, identity, rounds: quick ? 5 : 20, only ?? "");
if (only is not null)
{
    return isMet ? 0 : 1;
}

WholeProcess.Run(small, count: quick ? 10 : 40);
IdleMemory.Run(small, count: 200);
return isMet ? 0 : 1;
