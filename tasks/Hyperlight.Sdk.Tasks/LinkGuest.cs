using System.Text;
using Hyperlight.Files;
using Hyperlight.Linking;
using Hyperlight.Sdk.Tasks.Files;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Links a guest from objects and archives. A guest that cannot be linked is left without a file, so that no old file passes for a new one.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class LinkGuest : GuestTask
{
    /// <summary>
    /// Gets or sets the objects and archives. Objects are linked in this order. Archives give what is wanted, whatever their order.
    /// </summary>
    [Required]
    public ITaskItem[] Inputs { get; set; } = [];

    /// <summary>
    /// Gets or sets the assemblies with the author's code in C#, from which the native compiler made one of the objects. The symbol file
    /// names their methods.
    /// </summary>
    public ITaskItem[] Assemblies { get; set; } = [];

    /// <summary>Gets or sets the path of the guest's ELF file, which has no symbols.</summary>
    [Required]
    public string Output { get; set; } = "";

    /// <summary>Gets or sets the path of a second ELF file that has the guest's symbols, for debuggers; empty for no such file.</summary>
    public string SymbolFile { get; set; } = "";

    /// <summary>Gets or sets the path of the text that says where everything lies in the guest; empty for no such file.</summary>
    public string MapFile { get; set; } = "";

    private protected override void Run()
    {
        string folder = Path.GetDirectoryName(ProjectFile)!;
        foreach (string output in new[] { Output, SymbolFile, MapFile }.Where(path => path.Length > 0))
        {
            FileChange.Delete(FilePath.Absolute(output, folder));
        }

        List<Finding> findings = [];
        LinkedGuest? guest = GuestLinker.Link(
            [.. Inputs.Select(input => Read(input, folder))],
            findings,
            [.. Assemblies.Select(assembly => Read(assembly, folder).Content)]);
        findings.ForEach(finding => Findings.Report(finding, new(ProjectFile)));
        if (guest is null)
        {
            return;
        }

        Cancellation.ThrowIfCancellationRequested();

        // The guest comes last. With the guest all other files are there as well.
        Write(SymbolFile, guest.SymbolFile, folder);
        Write(MapFile, Encoding.UTF8.GetBytes(guest.Map), folder);
        Write(Output, guest.Image, folder);
    }

    private static LinkInput Read(ITaskItem input, string folder)
    {
        string path = FilePath.Absolute(input.ItemSpec, folder);
        try
        {
            return new(path, InputFile.ReadAllBytes(path));
        }
        catch (Exception e) when (IsFileFailure(e))
        {
            throw LinkFailure.Malformed(path, e.Message.TrimEnd('.'), e);
        }
    }

    private static void Write(string text, byte[] content, string folder)
    {
        if (text.Length == 0)
        {
            return;
        }

        string path = FilePath.Absolute(text, folder);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path + ".tmp", content);
        FileChange.Replace(path + ".tmp", path);
    }
}
