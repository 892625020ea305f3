using System.Globalization;
using Hyperlight.Processes;

namespace Hyperlight.Compiling;

/// <summary>A program that builds guests.</summary>
/// <param name="Program">The absolute path of the program.</param>
/// <param name="Arguments">The arguments before all others, for example <c>cc</c> for Zig.</param>
internal abstract record BuildTool(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Gets a text that changes when another version of the program is installed.</summary>
    public virtual string Identity => $"{IdentityOf(Program)} {string.Join(' ', Arguments)}";

    /// <summary>Gets the variables of the environment that processes of the program get besides those of the build.</summary>
    public virtual IReadOnlyList<(string Name, string Value)> Environment =>
        // Messages are read in one language.
        [("LC_ALL", "C.UTF-8")];

    /// <summary>Gets the greatest number of characters that are kept of each stream of the program.</summary>
    public virtual int MaxText => ChildProcess.MaxText;

    /// <summary>Gets the text of a process from which <see cref="Parse"/> reads the messages.</summary>
    public abstract string TextOf(ChildProcess process);

    /// <summary>Reads the messages in a text.</summary>
    public abstract IReadOnlyList<CompilerMessage> Parse(string text);

    /// <summary>Gets the message that says why a process failed which has no message of its own about an error.</summary>
    public abstract string ReasonOf(ChildProcess process);

    /// <summary>Brings the output of a process that has succeeded to the place that the step gives it.</summary>
    /// <param name="step">The step.</param>
    /// <param name="process">The process.</param>
    /// <param name="finding">The finding that says why there is no output; <c>null</c> if there is one.</param>
    /// <returns>The files that the process has read: absolute paths, or paths below the folder of the process.</returns>
    public abstract IReadOnlyList<string> Complete(BuildStep step, ChildProcess process, out Finding? finding);

    /// <summary>Gets whether the program itself writes a file that it reads, so that a new file is no change by somebody else.</summary>
    public virtual bool Writes(BuildStep step, string file) => false;

    /// <summary>Gets a text that changes when another file is put in the place of a program.</summary>
    protected static string IdentityOf(string program)
    {
        FileInfo file = new(program);
        file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return string.Create(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}");
    }
}
