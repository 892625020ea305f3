using System.Text.RegularExpressions;
using Hyperlight.Sdk.Tasks.Files;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Writes the C# that gives each guest a property, and a program for projects that have none. A file that is right stays as it is.</summary>
[MSBuildMultiThreadableTask]
public sealed partial class GenerateGuests : GuestTask
{
    // The compiler's name for the class of a program of statements.
    private const string ProgramClass = "Program";

    /// <summary>The guests, as <see cref="ResolveGuests"/> gives them.</summary>
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>The namespace of the generated classes, empty for none.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>Whether the project's files use the namespace without saying so.</summary>
    public bool ImplicitUsings { get; set; }

    /// <summary>The sources of the project.</summary>
    public ITaskItem[] Sources { get; set; } = [];

    /// <summary>The file for the class <c>Guests</c>.</summary>
    [Required]
    public string GuestsFile { get; set; } = "";

    /// <summary>The file for the class <c>Program</c>, empty when it is known beforehand that the project has its own.</summary>
    public string ProgramFile { get; set; } = "";

    /// <summary>Whether the class <c>Program</c> is written: otherwise its file has nothing in it.</summary>
    public bool GenerateProgram { get; set; }

    private protected override void Run()
    {
        GuestItem[] guests = [.. Guests.Select(GuestItem.FromTaskItem)];
        string first = Namespace.Split('.')[0];
        string place = first is GuestIdentifier.ClassName or ProgramClass && !Sources.Any(source => DeclaresNamespace(source, first)) ? "_" + Namespace : Namespace;
        SourceFile.WriteWhenDifferent(GuestsFile, GuestsSource.Guests(guests, place, ImplicitUsings && place.Length > 0));
        if (ProgramFile.Length > 0)
        {
            SourceFile.WriteWhenDifferent(ProgramFile, GenerateProgram ? GuestsSource.Program(guests, place) : GuestsSource.NoProgram);
        }
    }

    /// <summary>
    /// Whether a source declares the namespace <c>Guests</c> or <c>Program</c> itself. If none does, the class must not do so either: for code in no namespace,
    /// the name <c>Guests</c> would then mean the namespace, and the class <c>Program</c>, which a program of statements is, could not have its name.
    /// </summary>
    private static bool DeclaresNamespace(ITaskItem source, string name)
    {
        try
        {
            return NamespaceDeclaration().Matches(File.ReadAllText(source.GetMetadata("FullPath"))).Any(match => match.Groups[1].Value == name);
        }
        catch (Exception e) when (IsFileFailure(e))
        {
            return false; // The compiler will tell.
        }
    }

    [GeneratedRegex(@"^\s*namespace\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();
}
