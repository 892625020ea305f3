namespace Hyperlight.Memory.Linux;

// Memory with a template. If the template has a file, the memory is a private view of the file: a page belongs to the process alone once
// host or guest has written to it. Otherwise the memory has a copy of the content.
internal sealed unsafe partial class LinuxMemory
{
    // Writing zeros to this many pages is faster than getting new pages. An idle sandbox may keep this many pages.
    private const int MostPagesToKeep = 64;

    // The content that the memory shows where nobody has written; null for memory without a template.
    private MemoryTemplate? _template;

    /// <inheritdoc/>
    public override MemoryTemplate? Template => _template;

    /// <inheritdoc/>
    /// <remarks>
    /// The hypervisor drops its translations of addresses of this memory: one without nested paging keeps translations, one with nested
    /// paging leaves them in the processor, and neither sees the host write the page tables of a guest. The kernel tells the hypervisor
    /// when pages are given back.
    /// </remarks>
    public override void Reset(MemoryTemplate template)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(template.Size, Size, nameof(template));
        if (template.File != _template?.File)
        {
            // The pages go with the mapping that is replaced.
            Place(template.File);
        }
        else if (template.File is not null || !TryClearPages())
        {
            Discard();
        }

        Adopt(template);
    }

    /// <summary>Clears the pages that belong to the process alone, for memory that shows no file.</summary>
    /// <returns><c>false</c> if there are many such pages, or if the kernel does not tell which.</returns>
    private bool TryClearPages()
    {
        ulong pages = Size / GuestLayout.PageSize;
        Span<ulong> entries = stackalloc ulong[(int)Math.Min(pages, MostPagesToAskFor)];
        if (pages > MostPagesToAskFor || !PageMap.TryRead(Address, entries) || CountOwn(entries) > MostPagesToKeep)
        {
            return false;
        }

        // The kernel may drop the pages, and tells the hypervisor so. The zeros that are written to each page take the advice back.
        Require(Mman.Advise((void*)Address, (nuint)Size, Mman.AdviseFree));
        for (int i = 0; i < entries.Length; i++)
        {
            if (PageMap.IsOwn(entries[i]))
            {
                Slice((ulong)i * GuestLayout.PageSize, (int)GuestLayout.PageSize).Clear();
            }
        }

        return true;
    }

    /// <summary>Becomes a user of a template in place of the one before.</summary>
    private void Adopt(MemoryTemplate template)
    {
        if (template.File is null)
        {
            template.CopyPieces(this);
        }

        if (template != _template)
        {
            // Cannot fail, because the caller is a user of the template.
            template.TryShare();
            _template?.Dispose();
            _template = template;
        }
    }

    private static int CountOwn(ReadOnlySpan<ulong> entries)
    {
        int count = 0;
        foreach (ulong entry in entries)
        {
            count += PageMap.IsOwn(entry) ? 1 : 0;
        }

        return count;
    }
}
