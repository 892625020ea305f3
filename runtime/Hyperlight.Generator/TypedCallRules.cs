using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>The rules HL6xxx, for typed calls.</summary>
internal static class TypedCallRules
{
    public static readonly DiagnosticDescriptor NotPartial = CompilerRule.Error(
        "HL6001",
        "A guest interface is not partial",
        "{0} is not partial, and its implementation is generated as a part of it: add the modifier partial.");

    public static readonly DiagnosticDescriptor NotReachable = CompilerRule.Error(
        "HL6002",
        "A guest interface is nested or file-local",
        "{0} is {1}; a guest interface stands directly in a namespace, or in none, where generated code reaches it: move it there.");

    public static readonly DiagnosticDescriptor Generic = CompilerRule.Error(
        "HL6003",
        "A guest interface or a method of it is generic",
        "{0} is generic; the types of a guest's functions are fixed: write a type where there is a type parameter.");

    public static readonly DiagnosticDescriptor Extends = CompilerRule.Error(
        "HL6004",
        "A guest interface extends another interface",
        "{0} extends {1}; only methods of a guest interface itself are implemented: declare them here, "
        + "or make {1} a guest interface of its own.");

    public static readonly DiagnosticDescriptor NotAMethod = CompilerRule.Error(
        "HL6005",
        "A member of a guest interface is not an instance method",
        "{0} is {1}; a guest interface has instance methods, each for a function of the guest: make it one, or give it a body.");

    public static readonly DiagnosticDescriptor ParameterType = CompilerRule.Error(
        "HL6006",
        "The type of a parameter cannot cross between host and guest",
        $"Parameter {{0}} of {{1}} is of type {{2}}, which cannot cross between host and guest: use {WireType.Allowed}.");

    public static readonly DiagnosticDescriptor ResultType = CompilerRule.Error(
        "HL6007",
        "The type of a result cannot cross between host and guest",
        $"{{0}} returns {{1}}, which cannot cross between host and guest: use void, {WireType.Allowed}, "
        + $"or a Task or ValueTask of one of them.");

    public static readonly DiagnosticDescriptor ParameterModifier = CompilerRule.Error(
        "HL6008",
        "A parameter is passed by reference or takes a variable number of arguments",
        "Parameter {0} of {1} is {2}; arguments are copied to the guest, one for each parameter: remove the modifier.");

    public static readonly DiagnosticDescriptor TooManyParameters = CompilerRule.Error(
        "HL6009",
        "A method has more parameters than a guest takes",
        "{0} has {1} parameters; a function of these types takes at most {2}: pass several values as one record.");

    public static readonly DiagnosticDescriptor Overload = CompilerRule.Error(
        "HL6010",
        "Two methods call one guest function with different types",
        "{0} calls the guest's function {1}, where another method calls {2}; a guest has one function of a name: "
        + "use the same types, or name another function with [GuestFunction].");

    public static readonly DiagnosticDescriptor TokenNotLast = CompilerRule.Error(
        "HL6011",
        "A cancellation token is not the last parameter",
        "Parameter {0} of {1} is a CancellationToken; only the last parameter may be one: move it to the end, or remove it.");

    public static readonly DiagnosticDescriptor NoFunctionName = CompilerRule.Error(
        "HL6012",
        "The name of a guest function is empty",
        "{0} names no function of the guest; a name has at least one character: write it in [GuestFunction], "
        + "or remove the attribute to use the method's own name.");

    public static readonly DiagnosticDescriptor NameTaken = CompilerRule.Error(
        "HL6013",
        "An interface or a member of it has a name that generated code needs",
        "{0} has the name of a generated member; For and GuestProxy are taken: rename it; "
        + "a method then names the guest's function with [GuestFunction].");

    public static readonly DiagnosticDescriptor LanguageTooOld = CompilerRule.Error(
        "HL6014",
        "The language version is too old for typed calls",
        "The language version is C# {0}; the implementation of {1} needs C# {2} or later: remove LangVersion from the project, "
        + "or raise it.");

    public static readonly DiagnosticDescriptor NothingExported = CompilerRule.Error(
        "HL6015",
        "An exported class implements no guest interface",
        "{0} has the attribute GuestExport and implements no interface with the attribute GuestInterface, so the host finds no function: "
        + "implement one, or remove the attribute.");

    public static readonly DiagnosticDescriptor NotCreatable = CompilerRule.Error(
        "HL6016",
        "The guest cannot create an exported class",
        "{0} is {1}; the guest creates one object of an exported class at its start: make the class an ordinary one with one constructor "
        + "whose parameters are interfaces with the attribute HostInterface.");

    public static readonly DiagnosticDescriptor ValueMemberType = CompilerRule.Error(
        "HL6017",
        "A value has a member whose type cannot cross between host and guest",
        $"{{0}} contains the type {{1}}, which has a member of type {{2}}, which cannot cross between host and guest: "
        + $"use {WireType.Allowed}.");

    public static readonly DiagnosticDescriptor ValueContainsItself = CompilerRule.Error(
        "HL6018",
        "A value contains itself, or objects in each other more than 16 deep",
        "{0} contains the type {1} inside another {1}, or more than 16 objects deep; values are trees of a fixed depth: "
        + "pass a list with indexes instead.");

    public static readonly DiagnosticDescriptor ValueNotCreatable = CompilerRule.Error(
        "HL6019",
        "Generated code cannot create a value from its members",
        "{0} contains the type {1}, which generated code cannot create; a value has a public property or field, and a public constructor "
        + "whose parameters have the names and types of such members: make the type a record, or change the constructor.");

    public static readonly DiagnosticDescriptor NoHostInterface = CompilerRule.Error(
        "HL6020",
        "Host.Get is called with a type that is no host interface",
        "Host.Get is called with {0}; the compiler generates a class for an interface with the attribute HostInterface alone: "
        + "name such an interface.");

    public static readonly DiagnosticDescriptor FunctionOfTwoClasses = CompilerRule.Error(
        "HL6021",
        "Two exported classes have a function of one name",
        "{0} has the function {1}, which {2} has as well; a guest has one function of a name: name one of them with [GuestFunction], "
        + "or let one class implement both interfaces.");

    public static readonly DiagnosticDescriptor EntryPoint = CompilerRule.Error(
        "HL6022",
        "A guest has an entry point",
        "{0} would never run; a guest does nothing by itself, and its host calls the methods of a class with the attribute GuestExport: "
        + "move the code there.");

    public static readonly DiagnosticDescriptor NotExported = CompilerRule.Error(
        "HL6023",
        "A class that implements a guest interface is not exported",
        "{0} implements {1}, and no class with the attribute GuestExport does, so the host finds no function of {1}: "
        + "write [GuestExport] above {0}.");
}
