using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Writes the C# that gives each guest a property, and a program for projects that have none. A file that is right stays as it is.</summary>
[MSBuildMultiThreadableTask]
public sealed class GenerateGuests : GuestTask
{
    /// <summary>The guests, as <see cref="ResolveGuests"/> gives them.</summary>
    public ITaskItem[] Guests { get; set; } = [];

    /// <summary>The namespace of the generated classes, empty for none.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>The file for the class <c>Guests</c>.</summary>
    [Required]
    public string GuestsFile { get; set; } = "";

    /// <summary>The file for the class <c>Program</c>, empty when the project has its own.</summary>
    public string ProgramFile { get; set; } = "";

    private protected override void Run()
    {
        GuestItem[] guests = [.. Guests.Select(GuestItem.FromTaskItem)];
        SourceFile.WriteWhenDifferent(GuestsFile, GuestsSource.Guests(guests, Namespace));
        if (ProgramFile.Length > 0)
        {
            SourceFile.WriteWhenDifferent(ProgramFile, GuestsSource.Program(guests, Namespace));
        }
    }
}
