using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests.Machine;

/// <summary>A request to <see cref="IHypervisor"/> that is refused by its number.</summary>
internal sealed class RefusedRequest : IRefusal
{
    private readonly HypervisorException _reason = new(Rules.HypervisorFailed.Found($"refused by a test"));
    private readonly WatchedHypervisor _hypervisor;
    private int _count;
    private bool _isOver;

    /// <param name="number">The number of the request; the first request is 1.</param>
    public RefusedRequest(int number) => _hypervisor = new(Hyperlight.Hypervisor.Chosen)
    {
        Before = request =>
        {
            if (++_count == number && !_isOver)
            {
                Request = request;
                throw _reason;
            }
        },
    };

    public IHypervisor Hypervisor => _hypervisor;

    public string? Request { get; private set; }

    public bool IsSilent => false;

    public bool IsReason(Exception exception) => (exception.InnerException ?? exception) == _reason;

    public string? Leak() => _hypervisor.Memory.OpenCount == 0 ? null : "memory";

    public void Dispose() => _isOver = true;
}
