using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>Measures operations in rounds and prints a table of them.</summary>
internal static class SpeedTable
{
    /// <summary>Measures the operations and prints the table.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="rounds">The number of rounds. Each round runs all operations, so that a disturbance of the machine affects all of
    /// them.</param>
    /// <returns>Whether each operation is as fast as it has to be.</returns>
    public static bool Run(IReadOnlyList<Operation> operations, int rounds)
    {
        // In the first rounds the just-in-time compiler is at work.
        const int WarmUps = 2;
        for (int round = -WarmUps; round < rounds; round++)
        {
            foreach (Operation operation in operations)
            {
                if (round == 0)
                {
                    operation.Samples.Clear();
                }

                operation.Measure();
            }
        }

        Console.WriteLine();
        Console.WriteLine(
            $"Microseconds, medians of {rounds} rounds. Host: outside of KVM_RUN. Low and high: 10th and 90th percentile of host.");
        Console.WriteLine();
        Console.WriteLine("| operation | wall | host | low | high | reference | ratio at most | ratio | |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---|");
        return operations.Select(Print).ToArray().All(isMet => isMet);
    }

    private static bool Print(Operation operation)
    {
        Samples samples = operation.Samples;
        Target? target = operation.Target?.Invoke();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {operation.Name,-48} | {samples.Wall,8:#,0.0} | {samples.Host,8:#,0.0} | {samples.HostLow,7:#,0.0} "
                + $"| {samples.HostHigh,8:#,0.0} | ")
                + (target?.Describe(samples.Host) ?? "| | | |"));
        return target?.IsMet(samples.Host) ?? true;
    }
}
