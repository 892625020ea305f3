using System.Diagnostics;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>A web service that is started, asked once, and told to stop as an operator would.</summary>
internal static class WebProgram
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Gets the service's answer to a request.</summary>
    public static string Answer(string assembly, string path)
    {
        using Process service =
            Process.Start(new ProcessStartInfo("dotnet", [assembly, "--urls", "http://127.0.0.1:0"]) { RedirectStandardOutput = true })!;
        try
        {
            string? line;
            do
            {
                line = service.StandardOutput.ReadLine();
            }
            while (line?.Contains(Listening, StringComparison.Ordinal) is false);

            Assert.NotNull(line);
            Task<string> rest = service.StandardOutput.ReadToEndAsync();
            string address = line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..];
            using HttpClient client = new() { Timeout = Patience };
            using HttpResponseMessage answer = client.GetAsync(address + path).Result;
            string text = answer.Content.ReadAsStringAsync().Result;
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {text}");

            Process.Start("kill", ["-TERM", $"{service.Id}"]).WaitForExit();
            Assert.True(service.WaitForExit(Patience), "The service does not stop.");
            Assert.True(service.ExitCode == 0, rest.Result);
            return text;
        }
        finally
        {
            if (!service.HasExited)
            {
                service.Kill();
            }
        }
    }
}
