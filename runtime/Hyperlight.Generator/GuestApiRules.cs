using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>The rules HL8xxx, for code of guests that compiles and cannot work there.</summary>
internal static class GuestApiRules
{
    public static readonly DiagnosticDescriptor Files = CompilerRule.Warning(
        "HL8001",
        "Code of a guest uses files",
        "{0} needs a file system; a guest has none, so the call throws: pass the content as a byte[] argument, "
        + "or ask for it with a host function.");

    public static readonly DiagnosticDescriptor Network = CompilerRule.Warning(
        "HL8002",
        "Code of a guest uses the network",
        "{0} needs a network; a guest has none, so the call throws: let a host function connect.");

    public static readonly DiagnosticDescriptor Processes = CompilerRule.Warning(
        "HL8003",
        "Code of a guest uses processes",
        "{0} needs processes; a guest is alone in its sandbox, so the call throws: let a host function start the program.");

    public static readonly DiagnosticDescriptor ThreadPriority = CompilerRule.Warning(
        "HL8004",
        "Code of a guest sets the priority of a thread",
        "{0} has no effect; the threads of a guest take turns on one processor and have no priorities: remove the assignment.");

    public static readonly DiagnosticDescriptor Cultures = CompilerRule.Warning(
        "HL8005",
        "Code of a guest uses a culture by name",
        "{0} needs the data of cultures; a guest has the invariant culture alone, so any other name throws: "
        + "use CultureInfo.InvariantCulture.");

    public static readonly DiagnosticDescriptor Cryptography = CompilerRule.Warning(
        "HL8006",
        "Code of a guest uses cryptography that a guest does not have",
        "{0} needs OpenSSL; a guest has digests, HMAC, PBKDF2, HKDF, AES and random numbers, and the rest throws: "
        + "let a host function do it.");

    public static readonly DiagnosticDescriptor Input = CompilerRule.Warning(
        "HL8007",
        "Code of a guest reads from the console",
        "{0} reads standard input; a guest has none, so the call finds nothing to read: pass the text as an argument.");

    public static readonly DiagnosticDescriptor TimeZones = CompilerRule.Warning(
        "HL8008",
        "Code of a guest uses a time zone by name",
        "{0} needs the data of time zones; a guest has UTC alone, so any other name throws: "
        + "compute in UTC, and convert in the host.");

    public static readonly DiagnosticDescriptor Environment = CompilerRule.Warning(
        "HL8009",
        "Code of a guest reads the environment of its process",
        "{0} reads what starts a process; a guest has no variables and no command line, so the call finds nothing: "
        + "pass the value as an argument, or ask for it with a host function.");
}
