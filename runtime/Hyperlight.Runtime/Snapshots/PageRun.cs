using System.Collections.Immutable;

namespace Hyperlight.Snapshots;

/// <summary>Pages of a guest's memory that follow each other, there as well as in a file.</summary>
/// <param name="Gpa">Where the first is in the guest's memory.</param>
/// <param name="Offset">Where it is in the file.</param>
/// <param name="Size">Their bytes.</param>
internal readonly record struct PageRun(ulong Gpa, ulong Offset, ulong Size)
{
    /// <summary>The addresses of the pages.</summary>
    public IEnumerable<ulong> Pages
    {
        get
        {
            for (ulong offset = 0; offset < Size; offset += GuestLayout.PageSize)
            {
                yield return Gpa + offset;
            }
        }
    }

    /// <summary>Joins single pages that lie in a file in the order of their addresses.</summary>
    /// <param name="pages">Their addresses, ascending.</param>
    /// <param name="offset">Where the first is in the file.</param>
    /// <param name="boundary">An address that no run reaches across.</param>
    public static ImmutableArray<PageRun> Join(IEnumerable<ulong> pages, ulong offset, GuestPhysicalAddress boundary)
    {
        ImmutableArray<PageRun>.Builder runs = ImmutableArray.CreateBuilder<PageRun>();
        foreach (ulong page in pages)
        {
            if (runs.Count > 0 && runs[^1].Gpa + runs[^1].Size == page && page != boundary.Value)
            {
                runs[^1] = runs[^1] with { Size = runs[^1].Size + GuestLayout.PageSize };
            }
            else
            {
                runs.Add(new(page, offset, GuestLayout.PageSize));
            }

            offset += GuestLayout.PageSize;
        }

        return runs.ToImmutable();
    }
}
