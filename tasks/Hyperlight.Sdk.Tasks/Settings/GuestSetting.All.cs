using Hyperlight.Sdk.Tasks.Files;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <content>The settings, in the order of the documents.</content>
internal sealed partial record GuestSetting
{
    /// <summary>The settings of a guest.</summary>
    public static readonly IReadOnlyList<GuestSetting> All =
    [
        new()
        {
            Name = nameof(GuestSettings.Name),
            Text = "The first part of the name of the image's folder and, in C# form, the property of Guests.",
            SchemaType = "string",
            HelpPage = Rules.BadGuestName.HelpPage,
            DefaultOfEachGuest = "%(Filename)",
            Read = (settings, text, _, _) => settings with { Name = text },
            ToText = settings => settings.Name,
            FromText = (settings, text) => settings with { Name = text },
        },
        OfFile("Symbols", "The guest's ELF file from before it was stripped. The file has the names and lines for findings and crashes.",
            Rules.GuestFileMissing,
            settings => settings.Symbols, (settings, path) => settings with { Symbols = path })
            with { HelpPage = Rules.OtherSymbols.HelpPage, DefaultOfEachGuest = "%(Filename).debug beside the guest, where it exists" },
        OfMemory("HeapSize", "Bytes of heap.", SettingKinds.Size, sizes => sizes.HeapSize, (sizes, size) => sizes with { HeapSize = size }),
        OfMemory("ScratchSize", "Bytes for buffers, page tables, stacks and changed pages.", SettingKinds.Size,
            sizes => sizes.ScratchSize, (sizes, size) => sizes with { ScratchSize = size }),
        OfMemory("InputBufferSize", "Bytes for a call, or for a host function's result.", SettingKinds.Size,
            sizes => sizes.InputBufferSize, (sizes, size) => sizes with { InputBufferSize = size }),
        OfMemory("OutputBufferSize", "Bytes for a result, a host call or a log record.", SettingKinds.Size,
            sizes => sizes.OutputBufferSize, (sizes, size) => sizes with { OutputBufferSize = size }),
        OfFile("InitData", "A file that the guest finds at its init data pointer.", Rules.InitDataMissing,
            settings => settings.InitData, (settings, path) => settings with { InitData = path }),
        OfMemory("InitDataPermissions", "The permissions of the guest in its init data. Pages that the guest writes become its own copies.",
            SettingKinds.Permissions,
            sizes => sizes.InitDataPermissions, (sizes, permissions) => sizes with { InitDataPermissions = permissions }),
        new()
        {
            Name = nameof(GuestSettings.FileMappings),
            Text = "Files that every sandbox shows its guest: label=path@address, separated by semicolons.",
            SchemaType = "string",
            HelpPage = Rules.BadFileMapping.HelpPage,
            Read = (settings, text, find, wrong) => settings with { FileMappings = Settings.FileMappings.Read(text, find, wrong) },
            ToText = settings => Settings.FileMappings.ToText(settings.FileMappings),
            FromText = (settings, text) => settings with { FileMappings = Settings.FileMappings.FromText(text) },
            NamesFiles = true,
            Files = settings => settings.FileMappings.Select(file => new SettingFile(file.Path, file.Label)),
        },
        OfMemory("ExecutableHeap", "Whether the guest may execute code in its heap.", SettingKinds.Switch,
            sizes => sizes.ExecutableHeap, (sizes, isOn) => sizes with { ExecutableHeap = isOn }),
        OfMemory("HardwareInterrupts", "Whether the guest has interrupt controllers and a timer.", SettingKinds.Switch,
            sizes => sizes.HardwareInterrupts, (sizes, isOn) => sizes with { HardwareInterrupts = isOn })
            with { HelpPage = "docs/interrupts.md" },
        Of("Architecture", "Asserts the architecture; the layout itself follows from the ELF file.", SettingKinds.Architecture,
            settings => settings.Architecture, (settings, architecture) => settings with { Architecture = architecture })
            with { FormerName = "Layout" },
        Of("SegmentPermissions",
            "Segments: the guest's own pages have the permissions of its ELF segments. Upstream: all of them are executable and "
                + "copy-on-write.",
            SettingKinds.SegmentPermissions,
            settings => settings.SegmentPermissions, (settings, choice) => settings with { SegmentPermissions = choice })
            with { FormerName = "Permissions" },
        Of("Snapshot",
            "Whether the build takes a snapshot of the guest after its start: always (true), only on a computer with a hypervisor (auto), "
                + "or never (false).",
            SettingKinds.Snapshot,
            settings => settings.Snapshot, (settings, choice) => settings with { Snapshot = choice })
            with { Effect = SettingEffect.None },
        Of("SnapshotTimeout", "Seconds that taking the snapshot may take.", SettingKinds.Timeout,
            settings => settings.SnapshotTimeout, (settings, timeout) => settings with { SnapshotTimeout = timeout })
            with { Effect = SettingEffect.None },
        OfFile("HostFunctions", "A JSON file that declares the host functions which the guest calls at its start, and what they return.",
            Rules.BadHostFunctions,
            settings => settings.HostFunctions, (settings, path) => settings with { HostFunctions = path })
            with { Effect = SettingEffect.Snapshot, DefaultOfEachGuest = "%(Filename).host.json beside the guest, where it exists" },
        OfFile("HostFunctionsAssembly", "An assembly with a method [SnapshotHostFunctions] that adds host functions.",
            Rules.BadHostFunctions,
            settings => settings.HostFunctionsAssembly, (settings, path) => settings with { HostFunctionsAssembly = path })
            with { Effect = SettingEffect.Snapshot, DigestOf = FileDigest.OfAssembly },
    ];
}
