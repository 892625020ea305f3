using Hyperlight.Images;
using Hyperlight.Snapshots;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>Starts guests.</summary>
public static class GuestImageExtensions
{
    /// <summary>
    /// Creates a virtual machine for the image and starts the guest in it. Where the image has a snapshot that can be used here, the guest goes on from
    /// there and none of its code runs; else its initialisation runs to its end. <see cref="CheckSnapshot"/> says which.
    /// </summary>
    /// <param name="image">The image. It may be disposed afterwards.</param>
    /// <param name="configure">Sets the options, null for the defaults.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <returns>A sandbox whose functions can be called; dispose it.</returns>
    /// <exception cref="SnapshotMismatchException">The image's snapshot was taken with host functions that are missing here, or differ.</exception>
    /// <exception cref="HyperlightException">HL3001 to HL3003, HL3005, HL3009: the image's snapshot is damaged or was changed.</exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    /// <exception cref="HyperlightException">A file or region of the options cannot be mapped.</exception>
    /// <exception cref="GuestAbortedException">The guest gave up.</exception>
    /// <exception cref="GuestFaultException">The guest crashed.</exception>
    /// <exception cref="GuestProtocolException">The guest does not follow the protocol.</exception>
    /// <exception cref="TimeoutException">The guest took longer than <see cref="SandboxOptions.StartTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    public static Sandbox CreateSandbox(this GuestImage image, Action<SandboxOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using ImageContent content = image.Hold();
        SandboxOptions options = OptionsFor(image, configure);

        // A start that is given up already loads nothing; it fails below, as a start. The image keeps the snapshot as long as this is its user.
        SnapshotContent? snapshot = options.UseSnapshot && !cancellationToken.IsCancellationRequested ? ImageSnapshot.Of(content, options.Hypervisor).Content : null;
        Operation start = Operation.Start(image.Name, snapshot is null ? Tags.Image : Tags.Snapshot);
        try
        {
            Sandbox sandbox = snapshot is not null
                ? Sandbox.Resume(snapshot, options)
                : Sandbox.Start(content, options, cancellationToken);
            start.End(failure: null);
            return sandbox;
        }
        catch (Exception exception)
        {
            start.End(exception);
            throw;
        }
    }

    /// <summary>
    /// Starts the guest in a virtual machine of its own and waits for its end, for guests that do all they do in their initialisation: they halt, or give up
    /// with a code that says how it went.
    /// </summary>
    /// <param name="image">The image. It may be disposed afterwards.</param>
    /// <param name="configure">Sets the options, null for the defaults; <see cref="SandboxOptions.StartTimeout"/> is the time the guest has.</param>
    /// <param name="cancellationToken">Stops the guest.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    /// <exception cref="HyperlightException">A file or region of the options cannot be mapped.</exception>
    /// <exception cref="GuestCpuException">The guest reported an exception of its processor.</exception>
    /// <exception cref="GuestFaultException">The guest crashed.</exception>
    /// <exception cref="GuestProtocolException">The guest does not follow the protocol.</exception>
    /// <exception cref="TimeoutException">The guest took longer than <see cref="SandboxOptions.StartTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    public static GuestExit Run(this GuestImage image, Action<SandboxOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using ImageContent content = image.Hold();
        SandboxOptions options = OptionsFor(image, configure);
        Operation start = Operation.Start(image.Name, Tags.Image);
        try
        {
            GuestExit exit = Sandbox.RunOnce(content, options, cancellationToken);
            start.End(failure: null);
            return exit;
        }
        catch (Exception exception)
        {
            start.End(exception);
            throw;
        }
    }

    /// <summary>Says why sandboxes do not start from the snapshot that a build added to the image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>
    /// HL3004 (of an unknown version), HL3007 (of another hypervisor or processor vendor) or HL3010 (of another image); null when they do, and when the
    /// image has none: <see cref="GuestImage.SnapshotDigest"/> is null then.
    /// </returns>
    /// <exception cref="HyperlightException">HL3001 to HL3003, HL3005, HL3009: the snapshot is damaged or was changed.</exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    public static Finding? CheckSnapshot(this GuestImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using ImageContent content = image.Hold();
        return ImageSnapshot.Of(content, Hypervisor.Chosen).Finding;
    }

    private static SandboxOptions OptionsFor(GuestImage image, Action<SandboxOptions>? configure)
    {
        SandboxOptions options = new();
        foreach (MappedFile file in image.Options.Files)
        {
            options.MapFile(file.Path, file.Address, file.Label);
        }

        configure?.Invoke(options);
        return options;
    }
}
