using Hyperlight.Concurrency;
using Hyperlight.Images;
using Hyperlight.Snapshots;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>Starts the guests of images.</summary>
public static class GuestImageExtensions
{
    /// <summary>
    /// Creates a virtual machine for the image and starts the guest in it. If the image has a snapshot that can be used on this machine,
    /// the guest continues from the snapshot and none of its code runs. Otherwise the guest's initialisation runs to its end.
    /// <see cref="CheckSnapshot"/> tells whether the snapshot can be used.
    /// </summary>
    /// <param name="image">The image, which may be disposed afterwards.</param>
    /// <param name="configure">Sets the options; <c>null</c> for the defaults.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <returns>A sandbox whose functions can be called; dispose it.</returns>
    /// <exception cref="SnapshotMismatchException">
    /// The image's snapshot was taken with host functions that are missing here, or differ.
    /// </exception>
    /// <exception cref="HyperlightException">
    /// HL3001 to HL3003, HL3005, HL3009: the image's snapshot is damaged or was changed. HL2xxx: a file or region of the options cannot be
    /// mapped.
    /// </exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or no room for another virtual machine.</exception>
    /// <exception cref="GuestAbortedException">The guest aborted.</exception>
    /// <exception cref="GuestFaultException">The guest crashed.</exception>
    /// <exception cref="GuestProtocolException">The guest did not follow the protocol.</exception>
    /// <exception cref="TimeoutException">The guest took longer than <see cref="SandboxOptions.StartTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    public static Sandbox CreateSandbox(
        this GuestImage image, Action<SandboxOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using ImageContent content = image.Hold();
        SandboxOptions options = OptionsFor(image, configure);

        // If the token was cancelled before, nothing is loaded here, and the start fails below. The image keeps the snapshot as long as the
        // image has a user.
        SnapshotContent? snapshot = options.UseSnapshot && !cancellationToken.IsCancellationRequested
            ? ImageSnapshot.Of(content, options.Hypervisor, cancellationToken).Content
            : null;
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

    /// <summary>Creates a virtual machine for the image and starts the guest in it, on a thread of its own.</summary>
    /// <param name="image">The image, which may be disposed as soon as this method has returned.</param>
    /// <param name="configure">Sets the options, on that thread; <c>null</c> for the defaults.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <inheritdoc cref="CreateSandbox"/>
    public static Task<Sandbox> CreateSandboxAsync(
        this GuestImage image, Action<SandboxOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return BackgroundThread.RunAsync(
            $"start of {image.Name}", image.Share(), held => held.CreateSandbox(configure, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Starts the guest in a virtual machine of its own and waits for its end. Use this method for guests that do all their work in their
    /// initialisation: such guests halt, or abort with a code that tells how the work ended.
    /// </summary>
    /// <param name="image">The image, which may be disposed afterwards.</param>
    /// <param name="configure">
    /// Sets the options; <c>null</c> for the defaults. <see cref="SandboxOptions.StartTimeout"/> is the longest time that the guest may
    /// run.
    /// </param>
    /// <param name="cancellationToken">Stops the guest.</param>
    /// <returns>The code and the text with which the guest ended.</returns>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or no room for another virtual machine.</exception>
    /// <exception cref="HyperlightException">HL2xxx: a file or region of the options cannot be mapped.</exception>
    /// <exception cref="GuestCpuException">The guest's processor raised an exception for which the guest has no handler.</exception>
    /// <exception cref="GuestFaultException">The guest crashed.</exception>
    /// <exception cref="GuestProtocolException">The guest did not follow the protocol.</exception>
    /// <exception cref="TimeoutException">The guest took longer than <see cref="SandboxOptions.StartTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    public static GuestExit Run(
        this GuestImage image, Action<SandboxOptions>? configure = null, CancellationToken cancellationToken = default)
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

    /// <summary>Starts the guest in a virtual machine of its own, on a thread of its own, and completes at the guest's end.</summary>
    /// <param name="image">The image, which may be disposed as soon as this method has returned.</param>
    /// <param name="configure">
    /// Sets the options, on that thread; <c>null</c> for the defaults. <see cref="SandboxOptions.StartTimeout"/> is the longest time that
    /// the guest may run.
    /// </param>
    /// <param name="cancellationToken">Stops the guest.</param>
    /// <inheritdoc cref="Run"/>
    public static Task<GuestExit> RunAsync(
        this GuestImage image, Action<SandboxOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return BackgroundThread.RunAsync(
            $"run of {image.Name}", image.Share(), held => held.Run(configure, cancellationToken), cancellationToken);
    }

    /// <summary>Gets the reason why sandboxes do not start from the snapshot that a build added to the image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Stops the reading of the snapshot, which the first check or start of a sandbox reads.</param>
    /// <returns>
    /// HL3004 (the snapshot has an unknown version), HL3007 (the snapshot is of another processor vendor, or is bound to another
    /// hypervisor) or HL3010 (the snapshot is of another image); <c>null</c> if sandboxes start from the snapshot, and if the image has no
    /// snapshot: <see cref="GuestImage.SnapshotDigest"/> is <c>null</c> then.
    /// </returns>
    /// <exception cref="HyperlightException">HL3001 to HL3003, HL3005, HL3009: the snapshot is damaged or was changed.</exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or no room for another virtual machine.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The image is disposed.</exception>
    public static Finding? CheckSnapshot(this GuestImage image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        cancellationToken.ThrowIfCancellationRequested();
        using ImageContent content = image.Hold();
        return ImageSnapshot.Of(content, Hypervisor.Chosen, cancellationToken).Finding;
    }

    private static SandboxOptions OptionsFor(GuestImage image, Action<SandboxOptions>? configure)
    {
        SandboxOptions options = new();
        foreach (MappedFile file in image.Files)
        {
            options.MapFile(file.Path, file.Address, file.Label);
        }

        configure?.Invoke(options);
        return options;
    }
}
