using static Hyperlight.FindingSeverity;

namespace Hyperlight;

/// <summary>
/// All rules with their codes. HL1xxx: the ELF file. HL2xxx: layout and memory. HL3xxx: images. HL4xxx: the project.
/// HL5xxx: the hypervisor, and what runs on it. HL7xxx: the linker. HL9xxx: defects of this SDK. The rules HL6xxx for typed calls and
/// HL8xxx for the code of guests are in the generator, which compilers load without this assembly. Each rule has a page in
/// <c>docs/diagnostics</c>.
/// </summary>
internal static class Rules
{
    // HL1xxx: the ELF file.
    public static readonly DiagnosticRule NotElf = new("HL1001", Error, "The file is not an ELF file");
    public static readonly DiagnosticRule ElfTruncated = new("HL1002", Error, "A part of the ELF file lies outside the file");
    public static readonly DiagnosticRule ElfEncoding = new("HL1003", Error, "The ELF class, byte order or version is not supported");
    public static readonly DiagnosticRule ElfMachine = new("HL1004", Error, "The ELF machine is not supported");
    public static readonly DiagnosticRule ElfType = new("HL1005", Error, "The ELF type is neither executable nor position-independent");
    public static readonly DiagnosticRule NoLoadSegment = new("HL1006", Error, "The ELF file has no segment to load");
    public static readonly DiagnosticRule SegmentRange = new("HL1007", Error, "A segment's sizes or addresses contradict each other");
    public static readonly DiagnosticRule SegmentOrder = new("HL1008", Error, "Segments are out of order or overlap");
    public static readonly DiagnosticRule SegmentAlignment = new("HL1009", Error, "A segment's alignment is not consistent");
    public static readonly DiagnosticRule EntryNotExecutable = new(
        "HL1010", Error, "The entry point lies outside the file content of every executable segment");
    public static readonly DiagnosticRule Interpreter = new("HL1011", Error, "The guest asks for a dynamic loader");
    public static readonly DiagnosticRule SharedLibrary = new("HL1012", Error, "The guest needs a shared library");
    public static readonly DiagnosticRule ThreadLocalStorage = new("HL1013", Warning, "Nothing sets up the guest's thread-local variables");
    public static readonly DiagnosticRule UnsupportedRelocation = new(
        "HL1014", Error, "The guest has a relocation that cannot be applied at build time");
    public static readonly DiagnosticRule RelocationRange = new("HL1015", Error, "A relocation points outside the loaded segments");
    public static readonly DiagnosticRule MalformedDynamic = new("HL1016", Error, "The dynamic section is malformed");
    public static readonly DiagnosticRule WritableCode = new("HL1017", Warning, "A page is writable and executable");
    public static readonly DiagnosticRule MalformedVersionNote = new("HL1018", Warning, "The Hyperlight version note cannot be read");
    public static readonly DiagnosticRule MalformedHeader = new("HL1019", Error, "The ELF header contradicts itself");
    public static readonly DiagnosticRule ExecutableStack = new("HL1020", Warning, "The guest asks for an executable stack");
    public static readonly DiagnosticRule MemoryAtZero = new("HL1021", Information, "Page 0 is memory of the guest");
    public static readonly DiagnosticRule UndefinedSymbol = new("HL1022", Warning, "The guest uses a symbol that nothing defines");
    public static readonly DiagnosticRule ConstructorsNotRun = new("HL1023", Warning, "The guest has constructors that nothing runs");
    public static readonly DiagnosticRule DebugFile = new("HL1024", Error, "The file holds only debug information");
    public static readonly DiagnosticRule WeakSymbol = new("HL1025", Information, "The guest has weak symbols that nothing defines");
    public static readonly DiagnosticRule SseNotEnabled = new(
        "HL1026", Warning, "The guest uses SSE instructions, which its layout does not enable");
    public static readonly DiagnosticRule UnknownPort = new("HL1027", Warning, "The guest uses an I/O port that has no device");
    public static readonly DiagnosticRule OtherSymbols = new("HL1028", Warning, "A file with symbols does not belong to its guest");

    // HL2xxx: layout and memory.
    public static readonly DiagnosticRule LayoutMismatch = new("HL2001", Error, "The guest does not have the asserted architecture");
    public static readonly DiagnosticRule VersionMismatch = new("HL2003", Error, "The guest was built for another Hyperlight version");
    public static readonly DiagnosticRule RegionOverlap = new("HL2004", Error, "Two memory regions overlap");
    public static readonly DiagnosticRule AddressBeyondLayout = new("HL2005", Error, "An address lies beyond the layout's limit");
    public static readonly DiagnosticRule EntryBeyondRealMode = new("HL2006", Error, "The entry point cannot be reached from real mode");
    public static readonly DiagnosticRule ScratchTooSmall = new("HL2007", Error, "The scratch region is too small");
    public static readonly DiagnosticRule MemoryTooLarge = new("HL2008", Error, "The guest's memory is larger than the layout allows");
    public static readonly DiagnosticRule ReservedRange = new("HL2009", Error, "A region covers addresses reserved for a device");
    public static readonly DiagnosticRule LinkAddress = new("HL2010", Error, "The guest is linked for another address");
    public static readonly DiagnosticRule BufferTooSmall = new("HL2011", Error, "An input or output buffer is too small");
    public static readonly DiagnosticRule SizeNotPageAligned = new("HL2012", Error, "A size is not a multiple of the page size");
    public static readonly DiagnosticRule NotMappable = new("HL2013", Error, "A file or region cannot be mapped into a guest");
    public static readonly DiagnosticRule LayoutLacks = new("HL2016", Error, "The guest's layout does not support a requested feature");
    public static readonly DiagnosticRule InterruptsNeeded = new("HL2017", Error, "The guest needs hardware interrupts");

    // HL3xxx: images.
    public static readonly DiagnosticRule ImageNotReadable = new("HL3001", Error, "The image cannot be opened");
    public static readonly DiagnosticRule ImageMalformed = new("HL3002", Error, "The image is malformed");
    public static readonly DiagnosticRule ImageDigest = new("HL3003", Error, "The image's content does not match its digest");
    public static readonly DiagnosticRule ImageUnsupported = new("HL3004", Error, "The image is of an unsupported kind or version");
    public static readonly DiagnosticRule ImageMapDiffers = new(
        "HL3005", Error, "The image's region table differs from the table of its layout");
    public static readonly DiagnosticRule ImageNotWritten = new("HL3006", Error, "The image cannot be written");
    public static readonly DiagnosticRule SnapshotMachineDiffers = new(
        "HL3007", Error, "The snapshot is of another architecture, hypervisor or processor vendor");
    public static readonly DiagnosticRule SnapshotNotSavable = new("HL3008", Error, "The snapshot cannot be saved");
    public static readonly DiagnosticRule SnapshotState = new(
        "HL3009", Error, "The snapshot's processor state is not the state of a waiting guest");
    public static readonly DiagnosticRule SnapshotOfOtherImage = new("HL3010", Warning, "The snapshot was taken from another image");
    public static readonly DiagnosticRule SnapshotNotTaken = new("HL3011", Error, "No snapshot of the guest can be taken");
    public static readonly DiagnosticRule ContentNotHeld = new(
        "HL3012", Error, "The content of an image, snapshot or mapped file cannot be held in memory");
    public static readonly DiagnosticRule ContentChanged = new("HL3013", Error, "A file was changed while it was in use");
    public static readonly DiagnosticRule ImageNotExpected = new(
        "HL3017", Error, "The image is not the one that the program was built with");
    public static readonly DiagnosticRule GuestNotInAssembly = new("HL3018", Error, "The assembly has no such guest");
    public static readonly DiagnosticRule SourceMapUnusable = new("HL3019", Warning, "The source map of a guest cannot be used");

    // HL4xxx: the project.
    public static readonly DiagnosticRule GuestFileMissing = new("HL4001", Error, "A guest file cannot be read");
    public static readonly DiagnosticRule BadSize = new("HL4002", Error, "A size cannot be understood");
    public static readonly DiagnosticRule BadArchitecture = new("HL4003", Error, "An architecture is not known");
    public static readonly DiagnosticRule BadPermissions = new("HL4004", Error, "A permissions value is not known");
    public static readonly DiagnosticRule BadGuestName = new("HL4005", Error, "A guest name cannot be used");
    public static readonly DiagnosticRule DuplicateGuestName = new("HL4006", Error, "Two guests have the same name");
    public static readonly DiagnosticRule InitDataMissing = new("HL4007", Error, "An init data file cannot be read");
    public static readonly DiagnosticRule MSBuildTooOld = new("HL4008", Error, "This MSBuild is too old");
    public static readonly DiagnosticRule ProjectUnsuitable = new("HL4009", Error, "The project's output type or framework does not fit");
    public static readonly DiagnosticRule NoGuest = new("HL4010", Error, "The project has nothing to build");
    public static readonly DiagnosticRule BadSnapshotChoice = new("HL4011", Error, "A Snapshot value is not known");
    public static readonly DiagnosticRule BadSnapshotTimeout = new("HL4012", Error, "A timeout cannot be understood");
    public static readonly DiagnosticRule BadHostFunctions = new("HL4013", Error, "The host functions for a snapshot cannot be used");
    public static readonly DiagnosticRule BadSwitch = new("HL4015", Error, "A switch is neither true nor false");
    public static readonly DiagnosticRule BadFileMapping = new("HL4016", Error, "A file mapping cannot be understood");
    public static readonly DiagnosticRule MappedFileMissing = new("HL4017", Error, "A file to map does not exist");
    public static readonly DiagnosticRule SdkAsPackage = new("HL4020", Error, "Hyperlight.Sdk is referenced as a package");
    public static readonly DiagnosticRule UnknownName = new("HL4025", Warning, "Hyperlight.Sdk does not know a name in the project");
    public static readonly DiagnosticRule UpdatesNothing = new("HL4026", Warning, "An Update names a guest that the project does not have");
    public static readonly DiagnosticRule FormerName = new("HL4027", Warning, "A name of the project has been replaced");
    public static readonly DiagnosticRule TwoNames = new(
        "HL4028", Error, "A setting has one value under its name and another under its former name");
    public static readonly DiagnosticRule NoGuestProject = new("HL4029", Error, "A project is not a guest in C#");
    public static readonly DiagnosticRule GuestFramework = new("HL4030", Error, "A guest in C# has another target framework");
    public static readonly DiagnosticRule OtherItemOfGuest = new("HL4031", Error, "A guest in C# is listed in an item of another kind");
    public static readonly DiagnosticRule GuestToolMissing = new("HL4032", Error, "A program or library that builds guests is missing");
    public static readonly DiagnosticRule GuestSourceMissing = new("HL4033", Error, "A source of a guest does not exist");
    public static readonly DiagnosticRule BadGuestSource = new("HL4034", Error, "A setting of a guest's sources cannot be used");
    public static readonly DiagnosticRule CrateWithoutProgram = new("HL4035", Error, "A crate is not one program");
    public static readonly DiagnosticRule SourceError = new("HL4038", Error, "The compiler or linker finds an error in a guest's sources");
    public static readonly DiagnosticRule SourceWarning = new("HL4039", Warning, "The compiler or linker warns about a guest's sources");

    // HL5xxx: the hypervisor, and what runs on it.
    public static readonly DiagnosticRule NoHypervisor = new("HL5001", Error, "There is no hypervisor");
    public static readonly DiagnosticRule HypervisorDenied = new("HL5002", Error, "The hypervisor may not be used");
    public static readonly DiagnosticRule HypervisorTooOld = new("HL5003", Error, "The hypervisor lacks a needed capability");
    public static readonly DiagnosticRule HypervisorFailed = new("HL5004", Error, "The hypervisor refused an operation");
    public static readonly DiagnosticRule ThreadNotStarted = new("HL5005", Error, "A thread of the runtime cannot be started");
    public static readonly DiagnosticRule NoRoomForMachine = new("HL5006", Error, "There is no room for another virtual machine");
    public static readonly DiagnosticRule SurrogateFailed = new("HL5007", Error, "A surrogate process cannot be started or has ended");
    public static readonly DiagnosticRule InstructionNotInterpreted = new(
        "HL5008", Error, "The hypervisor interprets guest code and lacks SSE");
    public static readonly DiagnosticRule ResultMalformed = new("HL5009", Error, "A result does not have the types of its interface");
    public static readonly DiagnosticRule DebuggerCannotListen = new("HL5011", Error, "A debugger cannot be given a way to the guest");
    public static readonly DiagnosticRule DebuggerNotSupported = new("HL5012", Error, "The hypervisor does not let guests be debugged");
    public static readonly DiagnosticRule LimitReached = new("HL5013", Error, "A limit of the system leaves no room for another sandbox");

    // HL7xxx: the linker.
    public static readonly DiagnosticRule LinkMalformed = new("HL7001", Error, "An object or archive is malformed");
    public static readonly DiagnosticRule LinkUnsupported = new("HL7002", Error, "An input of the linker is of another kind");
    public static readonly DiagnosticRule LinkSection = new("HL7003", Error, "A section of an object is of an unknown kind");
    public static readonly DiagnosticRule LinkUndefined = new("HL7004", Error, "A symbol is used and not defined");
    public static readonly DiagnosticRule LinkDuplicate = new("HL7005", Error, "A symbol is defined twice");
    public static readonly DiagnosticRule LinkRelocation = new("HL7006", Error, "A relocation of an object is of an unknown kind");
    public static readonly DiagnosticRule LinkIndirect = new("HL7007", Error, "A function is chosen when the program starts");
    public static readonly DiagnosticRule LinkRange = new("HL7008", Error, "The value of a relocation does not fit into its place");
    public static readonly DiagnosticRule LinkDiscarded = new("HL7009", Error, "An object refers to a part that was left out");
    public static readonly DiagnosticRule LinkLimit = new("HL7010", Error, "The guest exceeds a limit of the linker");

    // HL9xxx: defects of this SDK.
    public static readonly DiagnosticRule InternalError = new("HL9001", Error, "Hyperlight.Sdk has a defect");
}
