using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hyperlight.Compiling;

/// <summary>Writes <c>compile_commands.json</c>, from which editors and analyzers learn the options of each source.</summary>
internal static class CompileCommands
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Makes the document.</summary>
    /// <param name="compiler">The compiler.</param>
    /// <param name="folder">The folder in which the compiler runs.</param>
    /// <param name="steps">The steps that compile the sources.</param>
    public static byte[] ToJson(GuestCompiler compiler, string folder, IEnumerable<BuildStep> steps)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, Options))
        {
            writer.WriteStartArray();
            foreach (BuildStep step in steps)
            {
                writer.WriteStartObject();
                writer.WriteString("directory", folder);
                writer.WriteString("file", step.Subject);
                writer.WriteString("output", step.Output);
                writer.WriteStartArray("arguments");
                foreach (string argument in step.Arguments.Prepend(compiler.Program))
                {
                    writer.WriteStringValue(argument);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return stream.ToArray();
    }
}
