using System.Collections.Immutable;

namespace Hyperlight.Snapshots;

/// <summary>Pages that follow each other, in a guest's memory as well as in a file.</summary>
/// <param name="Gpa">The physical address of the first page.</param>
/// <param name="Offset">The offset of the first page in the file, in bytes.</param>
/// <param name="Size">The size of all pages in bytes.</param>
internal readonly record struct PageRun(ulong Gpa, ulong Offset, ulong Size)
{
    /// <summary>Gets the addresses of the pages.</summary>
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

    /// <summary>Joins pages to runs. The pages lie one behind the other in a file, in the order of their addresses.</summary>
    /// <param name="pages">The addresses of the pages, in ascending order.</param>
    /// <param name="offset">The offset of the first page in the file, in bytes.</param>
    /// <param name="boundary">An address at which a new run begins.</param>
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
