using System.Buffers.Binary;
using System.Globalization;
using Hyperlight.Images;
using Hyperlight.Oci;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Snapshotter;

/// <summary>The request of a build for a snapshot.</summary>
/// <param name="ImageDirectory">The folder of the image, which has the tag <c>initial</c> and gets the tag <c>snapshot</c>.</param>
/// <param name="Timeout">The longest time that everything together may take.</param>
/// <param name="HostFunctionsFile">The path of a file that declares host functions; <c>null</c> for none.</param>
/// <param name="HostFunctionsAssembly">The path of an assembly that adds host functions; <c>null</c> for none.</param>
internal sealed record SnapshotRequest(string ImageDirectory, TimeSpan Timeout, string? HostFunctionsFile, string? HostFunctionsAssembly)
{
    /// <summary>Reads a command line. The result is <c>null</c> if the command line cannot be understood.</summary>
    public static SnapshotRequest? Read(ReadOnlySpan<string> args)
    {
        if (args is not [{ Length: > 0 } directory, "--timeout", var seconds, .. var rest]
            || !int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out int timeout)
            || timeout == 0)
        {
            return null;
        }

        SnapshotRequest request = new(directory, TimeSpan.FromSeconds(timeout), null, null);
        for (; rest is [var name, { Length: > 0 } value, ..]; rest = rest[2..])
        {
            switch (name)
            {
                case "--host-functions" when request.HostFunctionsFile is null:
                    request = request with { HostFunctionsFile = value };
                    break;
                case "--host-functions-assembly" when request.HostFunctionsAssembly is null:
                    request = request with { HostFunctionsAssembly = value };
                    break;
                default:
                    return null;
            }
        }

        return rest.IsEmpty ? request : null;
    }

    /// <summary>Starts the guest, takes the snapshot and saves it.</summary>
    /// <exception cref="HyperlightException">The image cannot be read or written, the host functions cannot be used, or the guest does not
    /// start.</exception>
    public void Take()
    {
        using GuestImage image = GuestImage.Open(ImageDirectory);
        using Sandbox sandbox = image.CreateSandbox(options =>
        {
            options.UseSnapshot = false;
            options.Seed = Seed(image);
            options.StartTimeout = Timeout;
            AddHostFunctions(options.HostFunctions);
        });
        using Snapshot snapshot = sandbox.TakeSnapshot();
        // Every user who may read the image may read the snapshot as well.
        snapshot.Save(new SnapshotWriter(ImageDirectory) { IsPrivate = false }, ImageTags.Snapshot);
    }

    private void AddHostFunctions(HostFunctions functions)
    {
        if (HostFunctionsFile is not null)
        {
            HostFunctionsJson.Add(HostFunctionsFile, functions);
        }

        if (HostFunctionsAssembly is not null)
        {
            Snapshotter.HostFunctionsAssembly.Add(HostFunctionsAssembly, functions);
        }
    }

    /// <summary>
    /// Gets the seed of the guest's random numbers. The seed follows from the image, so that the same image gives the same snapshot.
    /// </summary>
    private static ulong Seed(GuestImage image) =>
        BinaryPrimitives.ReadUInt64LittleEndian(Convert.FromHexString(OciLayout.FileName(image.Digest).AsSpan(0, 2 * sizeof(ulong))));
}
