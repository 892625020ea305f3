using System.Runtime.InteropServices;
using Hyperlight.Concurrency;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// A partition, the platform's word for a virtual machine, with one processor and the pieces of memory that were mapped into it. While a
/// function of the platform uses the partition, the partition and its memory stay, although the object may be disposed meanwhile.
/// </summary>
internal sealed unsafe partial class WhpPartition : SafeHandle
{
    private readonly IMemorySource _source;
    private bool _hasProcessor;
    private volatile bool _isReleased;

    private WhpPartition(IMemorySource source)
        : base(0, ownsHandle: true) => _source = source;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Creates a partition with one processor.</summary>
    /// <param name="source">The process whose memory is mapped. The partition disposes it.</param>
    /// <param name="physicalAddressBits">The number of physical address bits that the processor reports.</param>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public static WhpPartition Create(IMemorySource source, int physicalAddressBits)
    {
        WhpPartition partition = Open(source);
        try
        {
            partition.SetUp(physicalAddressBits);
            return partition;
        }
        catch
        {
            partition.Dispose();
            throw;
        }
    }

    /// <summary>Creates a partition that is not set up: the hypervisor does not know the partition yet.</summary>
    /// <param name="source">The process whose memory is mapped. The partition disposes it.</param>
    /// <exception cref="HypervisorException">The platform refuses.</exception>
    public static WhpPartition Open(IMemorySource source)
    {
        WhpPartition partition = new(source);
        try
        {
            WhpError.Require(WhpApi.WHvCreatePartition(out nint handle), nameof(WhpApi.WHvCreatePartition));
            partition.SetHandle(handle);
            return partition;
        }
        catch
        {
            // An object whose handle was never set releases nothing, so the source is disposed here.
            partition.Dispose();
            source.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Ends the current run. If the processor does not run, the platform ends the next run as soon as it begins. Nothing happens if the
    /// partition is disposed.
    /// </summary>
    /// <returns>The result of the platform.</returns>
    public int Cancel()
    {
        try
        {
            return WhpApi.WHvCancelRunVirtualProcessor(this, WhpApi.Processor, flags: 0);
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <summary>
    /// Deletes the partition, and waits for a cancel of another thread that still uses it. Afterwards the memory can be freed, and another
    /// partition can use the process.
    /// </summary>
    public void Delete()
    {
        Dispose();
        Steady.Wait(
            static partition =>
            {
                SpinWait wait = default;
                while (!partition._isReleased)
                {
                    wait.SpinOnce();
                }
            },
            this);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        // A partition that cannot be deleted may still use the memory and the process, so both stay.
        if (_hasProcessor)
        {
            _ = WhpApi.WHvDeleteVirtualProcessor(handle, WhpApi.Processor);
        }

        bool isDeleted = WhpApi.WHvDeletePartition(handle) >= 0;
        try
        {
            if (isDeleted)
            {
                foreach (Piece piece in _pieces.Values)
                {
                    Release(piece);
                }

                _source.Dispose();
            }

            return isDeleted;
        }
        catch (ObjectDisposedException)
        {
            // Nobody disposed the machine, and the finalizer of the process has come first.
            return false;
        }
        finally
        {
            _isReleased = true;
        }
    }

    private void SetUp(int physicalAddressBits)
    {
        uint count = 1;
        WhpError.Require(SetProperty(WhpProperty.ProcessorCount, &count, sizeof(uint)), nameof(WhpApi.WHvSetPartitionProperty));
        SetAddressSizes(physicalAddressBits);
        WhpError.Require(WhpApi.WHvSetupPartition(this), nameof(WhpApi.WHvSetupPartition));
        WhpError.Require(
            WhpApi.WHvCreateVirtualProcessor(this, WhpApi.Processor, flags: 0), nameof(WhpApi.WHvCreateVirtualProcessor));
        _hasProcessor = true;
    }

    // Not tried on Windows. Guests run without the answer too, so that a platform that does not know the property is good enough.
    private void SetAddressSizes(int physicalAddressBits)
    {
        WhpCpuidResult sizes = WhpCpuidResult.AddressSizes(physicalAddressBits);
        int result = SetProperty(WhpProperty.CpuidResults, &sizes, (uint)sizeof(WhpCpuidResult));
        if ((uint)result is not (WhpResult.UnknownProperty or WhpResult.InvalidArgument))
        {
            WhpError.Require(result, nameof(WhpApi.WHvSetPartitionProperty));
        }
    }

    private int SetProperty(WhpProperty code, void* value, uint size) => WhpApi.WHvSetPartitionProperty(this, code, value, size);
}
