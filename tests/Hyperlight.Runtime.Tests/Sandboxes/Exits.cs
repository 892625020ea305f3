using System.Globalization;
using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// The exits of guests and their results (i686 sheet, section 6.5), with guests of a few bytes for each layout. If 16-bit and 32-bit code
/// have the same bytes, the layouts share one guest.
/// </summary>
internal static class Exits
{
    // In the paged layout with the default sizes: the table of the lowest 4 MiB, whose last two pages the host leaves unmapped.
    private const uint FirstTable = 0xFFFC_1000;
    private const uint LastPage = 0x3F_F000;
    private const uint LastPageButOne = 0x3F_E000;
    private const uint WritablePage = 0x23; // present, writable, accessed

    private const uint NoMemory = 0x8000_0000;
    private const ushort LowNoMemory = 0x8000; // An address behind the memory of an identity guest with a heap of one page.

    // and esp, -16, or and sp, -16: aligns the stack for calls.
    private static readonly byte[] Align = [0x83, 0xE4, 0xF0];

    private static readonly byte[] Devices = [0x20, 0x21, 0xA0, 0xA1, 0x40, 0x43, 0x61, 0x80];

    private static readonly Dictionary<string, Exit> Table = new()
    {
        // mov al, 'x'; out 103, al
        ["OUT 103 prints a character"] = new([0xB0, (byte)'x', 0xE6, 103, .. Align, 0xF4], guest =>
        {
            using StringWriter console = new();
            using Sandbox sandbox = guest.Start(options => options.DebugPrint = console);
            Assert.Equal("x", console.ToString());
        }),
        ["OUT 99 is a log record"] = new([0xE6, 99], guest => AssertProtocol(guest, "output buffer", "empty")),
        ["OUT 101 is a host call"] = new([0xE6, 101], guest => AssertProtocol(guest, "output buffer", "empty")),
        ["OUT 102 aborts"] = new(
            [.. Load16(0xFF_07_02), 0x66, 0xE7, 102],
            guest => Assert.Equal(7, Assert.Throws<GuestAbortedException>(() => guest.Start()).Code),
            [.. Load32(0xFF_07_02), 0xE7, 102]),

        // The byte counts the bytes that follow. They are zero, so the message has no end (section 3.3). mov al, 13; out 102, al
        ["OUT 102 of one byte is no abort"] = new([0xB0, 13, 0xE6, 102, .. Align, 0xF4], AssertReady),
        ["OUT 107 needs interrupts"] = new(
            [0xE7, 107],
            guest => Assert.Equal(Rules.InterruptsNeeded, Assert.Throws<GuestProtocolException>(() => guest.Start()).Finding!.Rule)),
        ["OUT 108 ends the start, 1 byte"] = new([.. Align, 0xE6, 108], AssertReady),
        ["OUT 108 ends the start, 2 or 4 bytes"] = new([.. Align, 0xE7, 108], AssertReady),
        ["OUT 108 ends the start, 4 or 2 bytes"] = new([.. Align, 0x66, 0xE7, 108], AssertReady),
        ["HLT ends the start"] = new([.. Align, 0xF4], AssertReady),
        ["OUT 104 is none of the ports"] = new(
            [0xE6, 104], guest => AssertProtocol(guest, "port 104 ", "the ports are 99, 101, 102, 103 and 108")),
        ["OUT 106 is none of the ports"] = new(
            [0xE6, 106], guest => AssertProtocol(guest, "port 106 ", "the ports are 99, 101, 102, 103 and 108")),
        ["a read where there is no memory"] = new(
            [0xA0, .. BitConverter.GetBytes(LowNoMemory)],
            guest => AssertMemory(guest, MemoryAccessKind.Read, null),
            [0xA0, .. BitConverter.GetBytes(NoMemory)],
            [.. MapPage(LastPage, NoMemory), 0xA0, .. BitConverter.GetBytes(LastPage)]),
        ["a write where there is no memory"] = new(
            [0xA2, .. BitConverter.GetBytes(LowNoMemory)],
            guest => AssertMemory(guest, MemoryAccessKind.Write, null),
            [0xA2, .. BitConverter.GetBytes(NoMemory)],
            [.. MapPage(LastPage, NoMemory), 0xA2, .. BitConverter.GetBytes(LastPage)]),

        // ud2, without an interrupt table
        ["a triple fault"] = new([0x0F, 0x0B], guest =>
            AssertTripleFault(
                guest.Image.Layout.EntryMode,
                guest.Image.EntryPoint.Value,
                Assert.Throws<GuestFaultException>(() => guest.Start()).Message)),

        // jmp .
        ["a guest that is stopped"] = new([0xEB, 0xFE], guest => Assert.Contains(
            $"stopped at RIP 0x{guest.Image.EntryPoint.Value:X}.",
            Assert.Throws<TimeoutException>(() => guest.Start(options => options.StartTimeout = TimeSpan.FromMilliseconds(50))).Message,
            StringComparison.Ordinal)),

        ["interrupts: OUT to a device does nothing"] = new(
            [.. Devices.SelectMany(port => (byte[])[0xE6, port]), .. Align, 0xE6, 108], AssertReady, HasInterrupts: true),

        // in al, 0x61; out 77, al
        ["interrupts: IN where no device is gives ones"] = new(
            [0xE4, 0x61, 0xE6, 77], guest => AssertProtocol(guest, "wrote 0xFF to port 77 "), HasInterrupts: true),
        ["interrupts: IN of another port"] = new([0xE4, 77], guest => AssertRead(guest, 77), HasInterrupts: true),
        ["interrupts: OUT 108 ends the start"] = new([.. Align, 0xE6, 108], AssertReady, HasInterrupts: true),
        ["interrupts: HLT waits"] = new(
            [.. Align, 0xF4],
            guest => Assert.Throws<TimeoutException>(() => guest.Start(options => options.StartTimeout = TimeSpan.FromMilliseconds(50))),
            HasInterrupts: true),
    };

    static Exits()
    {
        foreach (byte port in (byte[])[.. Devices, 77])
        {
            string number = port.ToString(CultureInfo.InvariantCulture);
            Table.Add($"OUT {number}", new([0xE6, port], guest => AssertProtocol(guest, $"port {number} ")));
            Table.Add($"IN {number}", new([0xE4, port], guest => AssertRead(guest, port)));
        }
    }

    public static TheoryData<string> Names => [.. Table.Keys];

    /// <summary>Runs the guest that causes an exit and checks the result.</summary>
    /// <param name="layout">The layout: <c>identity</c>, <c>flat</c> or <c>paged</c>.</param>
    /// <param name="name">The name of the exit.</param>
    public static void Provoke(string layout, string name)
    {
        Exit exit = Table[name];
        Probes.Require(exit.HasInterrupts ? Needs.Interrupts : Needs.Hypervisor);
        byte[] code = layout switch
        {
            "identity" => exit.Identity,
            "flat" => exit.Flat ?? exit.Identity,
            _ => exit.Paged ?? exit.Flat ?? exit.Identity,
        };
        GuestSizes sizes = new()
        {
            HardwareInterrupts = exit.HasInterrupts,
            HeapSize = layout == "identity" ? GuestLayout.PageSize : new GuestSizes().HeapSize,
        };
        using TestGuest guest = BareGuest.At(BareGuest.Addresses[layout], sizes, code);
        exit.Ends(guest);
    }

    /// <summary>
    /// Code that makes a page of the image writable in the guest's page tables and writes to the page, which the host keeps read-only.
    /// </summary>
    public static byte[] WriteToImage =>
        [.. MapPage(LastPageButOne, BareGuest.PagedAddress), 0xA2, .. BitConverter.GetBytes(LastPageButOne)];

    /// <summary>Asserts that a message has the address and the mode of a triple fault, or says that the processor was reset.</summary>
    public static void AssertTripleFault(EntryMode mode, ulong rip, string message)
    {
        string text = mode switch
        {
            EntryMode.RealMode => "real mode",
            EntryMode.ProtectedMode => "protected mode without paging",
            _ => "protected mode with paging",
        };
        Assert.Contains("triple-faulted", message, StringComparison.Ordinal);
        if (!message.Contains("The address is lost", StringComparison.Ordinal))
        {
            Assert.Contains($" at RIP 0x{rip:X} in {text}: ", message, StringComparison.Ordinal);
            Assert.Contains("the guest has no GDT and no IDT yet", message, StringComparison.Ordinal);
        }
    }

    private static void AssertReady(TestGuest guest)
    {
        using Sandbox sandbox = guest.Start();
        Assert.Equal(SandboxState.Ready, sandbox.State);
    }

    private static void AssertProtocol(TestGuest guest, params string[] texts)
    {
        string message = Assert.Throws<GuestProtocolException>(() => guest.Start()).Message;
        Assert.All(texts, text => Assert.Contains(text, message, StringComparison.Ordinal));
    }

    private static void AssertRead(TestGuest guest, byte port) =>
        Assert.Contains($"read port {port} ", Assert.Throws<GuestFaultException>(() => guest.Start()).Message, StringComparison.Ordinal);

    private static void AssertMemory(TestGuest guest, MemoryAccessKind access, string? region)
    {
        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => guest.Start());
        ulong address = guest.Image.Layout.EntryMode == EntryMode.RealMode ? LowNoMemory : NoMemory;
        Assert.Equal((new GuestPhysicalAddress(address), access, region), (fault.Address, fault.Access, fault.Region));
    }

    /// <summary>mov dword [entry], frame</summary>
    private static byte[] MapPage(uint virtualAddress, uint frame) =>
        [0xC7, 0x05, .. BitConverter.GetBytes(FirstTable + (virtualAddress >> 12 << 2)), .. BitConverter.GetBytes(frame | WritablePage)];

    /// <summary>mov eax, value, in 16-bit code.</summary>
    private static byte[] Load16(uint value) => [0x66, .. Load32(value)];

    private static byte[] Load32(uint value) => [0xB8, .. BitConverter.GetBytes(value)];

    /// <summary>The guests that cause an exit.</summary>
    /// <param name="Identity">The code for real mode.</param>
    /// <param name="Ends">Starts the guest and checks the result.</param>
    /// <param name="Flat">The code for protected mode; <c>null</c> for the same code as in real mode.</param>
    /// <param name="Paged">The code for paging; <c>null</c> for the same code as without paging.</param>
    /// <param name="HasInterrupts">Whether the image has interrupt controllers.</param>
    private sealed record Exit(
        byte[] Identity, Action<TestGuest> Ends, byte[]? Flat = null, byte[]? Paged = null, bool HasInterrupts = false);
}
