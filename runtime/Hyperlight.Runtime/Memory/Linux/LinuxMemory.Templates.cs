namespace Hyperlight.Memory.Linux;

// Memory with a template. If the template has a file, the memory is a private view of the file: a page belongs to the process alone once
// host or guest has written to it. Otherwise the memory has a copy of the content.
internal sealed unsafe partial class LinuxMemory
{
    // Writing zeros to this many pages is faster than getting new pages. An idle sandbox may keep this many pages.
    private const int MostPagesToKeep = 64;

    // The kernel tells each machine of the process about each change of the process's page tables, in 0.1 µs. With more machines, one
    // change and new pages are faster than two changes.
    private const int MostViewsToKeepPages = 100;

    // The number of views of templates in this process, about one for each machine.
    private static int _viewCount;

    // The content that the memory shows where nobody has written; null for memory without a template.
    private MemoryTemplate? _template;

    /// <inheritdoc/>
    public override void Reset(MemoryTemplate template)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(template.Size, Size, nameof(template));
        if (template.File != _template?.File)
        {
            // The pages go with the mapping that is replaced, and the translations with the pages.
            Place(template.File);
        }
        else if (!TryResetPages(template))
        {
            Discard();
        }

        Adopt(template);
    }

    /// <summary>
    /// Makes the hypervisor drop its translations of addresses of this memory. A hypervisor without nested paging keeps translations, and
    /// one with nested paging leaves them in the processor; neither sees the host write the page tables of a guest. The kernel tells the
    /// hypervisor about changes of the process's own page tables, so they are changed in a way that has no other effect. Pages that belong
    /// to the process alone must be written afterwards.
    /// </summary>
    private void DropTranslations()
    {
        if (_template?.File is null)
        {
            // The advice that the kernel may drop the pages. The bytes that are written to each page afterwards take the advice back.
            Require(Mman.Advise((void*)Address, (nuint)Size, Mman.AdviseFree));
            return;
        }

        if (Volatile.Read(ref _viewCount) > MostViewsToKeepPages)
        {
            Discard();
            return;
        }

        // The kernel gives no such advice for views of files. On x86 memory that can be written can be read too, so another thread of the
        // host may use the memory meanwhile.
        Require(Mman.Protect(Start, Length, Mman.ProtWrite));
        Require(Mman.Protect(Start, Length, Mman.ProtRead | Mman.ProtWrite));
    }

    /// <summary>Gives the pages that belong to the process alone the content of a template, whose file is that of the memory.</summary>
    /// <returns><c>false</c> if there are many such pages, or if the kernel does not tell which.</returns>
    private bool TryResetPages(MemoryTemplate template)
    {
        ulong pages = Size / GuestLayout.PageSize;
        Span<ulong> entries = stackalloc ulong[(int)Math.Min(pages, MostPagesToAskFor)];
        if (pages > MostPagesToAskFor || !PageMap.TryRead(Address, entries) || CountOwn(entries) > MostPagesToKeep)
        {
            return false;
        }

        DropTranslations();
        for (int i = 0; i < entries.Length; i++)
        {
            if (PageMap.IsOwn(entries[i]))
            {
                ulong offset = (ulong)i * GuestLayout.PageSize;
                template.CopyPage(offset, Slice(offset, (int)GuestLayout.PageSize));
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
            ForgetTemplate();
            _template = template;
            Interlocked.Add(ref _viewCount, template.File is null ? 0 : 1);
        }
    }

    private void ForgetTemplate()
    {
        Interlocked.Add(ref _viewCount, _template?.File is null ? 0 : -1);
        _template?.Dispose();
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
