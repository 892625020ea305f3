using System.Text.RegularExpressions;
using Hyperlight.Sdk.Tasks.Files;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Writes the C# class with a property for each guest, and a program for projects that have none. A file that is up to date is not written.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed partial class GenerateGuests : GuestTask
{
    // The name that the compiler gives the class of a program that consists of statements.
    private const string ProgramClass = "Program";

    /// <summary>Gets or sets the guests, as <see cref="ResolveGuests"/> returns them.</summary>
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>Gets or sets the namespace of the generated classes; empty for none.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>Gets or sets whether all files of the project use the namespace without a using directive.</summary>
    public bool ImplicitUsings { get; set; }

    /// <summary>Gets or sets the sources of the project.</summary>
    public ITaskItem[] Sources { get; set; } = [];

    /// <summary>Gets or sets the file for the class <c>Guests</c>.</summary>
    [Required]
    public string GuestsFile { get; set; } = "";

    /// <summary>Gets or sets the file for the class <c>Program</c>; empty if the project is known to have a program of its own.</summary>
    public string ProgramFile { get; set; } = "";

    /// <summary>Gets or sets whether the class <c>Program</c> is written. Otherwise the file has a comment only.</summary>
    public bool GenerateProgram { get; set; }

    private protected override void Run()
    {
        GuestItem[] guests = [.. Guests.Select(GuestItem.FromTaskItem)];
        string first = Namespace.Split('.')[0];
        bool isTaken = first is GuestIdentifier.ClassName or ProgramClass && !Sources.Any(source => DeclaresNamespace(source, first));
        string place = isTaken ? "_" + Namespace : Namespace;
        SourceFile.WriteWhenDifferent(GuestsFile, GuestsSource.Guests(guests, place, ImplicitUsings && place.Length > 0));
        if (ProgramFile.Length > 0)
        {
            SourceFile.WriteWhenDifferent(ProgramFile, GenerateProgram ? GuestsSource.Program(guests, place) : GuestsSource.NoProgram);
        }
    }

    /// <summary>
    /// Gets whether a source declares the namespace <c>Guests</c> or <c>Program</c>. If no source does, then the generated class must not
    /// declare the namespace either: for code without a namespace the name <c>Guests</c> would then mean the namespace, and the compiler
    /// could not call the class of a program of statements <c>Program</c>.
    /// </summary>
    private static bool DeclaresNamespace(ITaskItem source, string name)
    {
        try
        {
            string text = File.ReadAllText(source.GetMetadata("FullPath"));
            return NamespaceDeclaration().Matches(text).Any(match => match.Groups[1].Value == name);
        }
        catch (Exception e) when (IsFileFailure(e))
        {
            return false; // The compiler reports the file.
        }
    }

    [GeneratedRegex(@"^\s*namespace\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();
}
