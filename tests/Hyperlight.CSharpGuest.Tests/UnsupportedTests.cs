namespace Hyperlight.CSharpGuest.Tests;

/// <summary>
/// Uses what a guest does not have (tests/guests/csharp/Conformance/Unsupported.cs). Each use finds nothing, or ends with an exception that
/// says what is missing. No use ends the guest or waits.
/// </summary>
public sealed class UnsupportedTests
{
    private const string NoOpenSsl = "PlatformNotSupportedException: A guest has no OpenSSL: keys other than those of AES and HMAC,",
        NoNetwork = "PlatformNotSupportedException: A guest has no network, so it has neither TLS nor Kerberos:"
            + " let a host function connect.",
        NoSocket = "TypeInitializationException: ",
        NoFolder = "DirectoryNotFoundException: Could not find a part of the path",
        NoLibrary = "DllNotFoundException: Unable to load shared library 'prices'",
        NoLoading = "PlatformNotSupportedException: Operation is not supported on this platform.",
        NoNewCode = "PlatformNotSupportedException: Dynamic code generation is not supported on this platform.",
        NoCulture = "CultureNotFoundException: Only the invariant culture is supported";

    /// <summary>How the answers begin.</summary>
    private static readonly Dictionary<string, string> Answers = new()
    {
        ["RSA"] = NoOpenSsl,
        ["ECDsa"] = NoOpenSsl,
        ["ECDiffieHellman"] = NoOpenSsl,
        ["DSA"] = NoOpenSsl,
        ["TripleDES"] = NoOpenSsl,
        ["DES"] = NoOpenSsl,
        ["RC2"] = NoOpenSsl,
        ["AesCcm supported"] = "[True]",
        ["AesCcm"] = NoOpenSsl,
        ["ChaCha20Poly1305 supported"] = "[False]",
        ["ChaCha20Poly1305"] = "PlatformNotSupportedException: Algorithm 'ChaCha20Poly1305' is not supported",
        ["X509Certificate2"] = NoOpenSsl,
        ["X509Store"] = NoOpenSsl,
        ["SslStream"] = "AuthenticationException: Authentication failed",
        ["File.ReadAllText"] = NoFolder,
        ["File.WriteAllText"] = NoFolder,
        ["FileStream"] = NoFolder,
        ["Directory.GetFiles"] = NoFolder,
        ["Directory.CreateDirectory"] = "IOException: Function not implemented",
        ["Path.GetTempFileName"] = NoFolder,
        ["DriveInfo"] = "[0]",
        ["FileSystemWatcher"] = "ArgumentException: The directory name '/' does not exist.",
        ["MemoryMappedFile"] = "FileNotFoundException: Unable to find the specified file.",
        ["NamedPipe"] = NoSocket,
        ["current directory"] = "[/]",
        ["change directory"] = "IOException: Function not implemented",
        ["Socket"] = NoSocket,
        ["TcpClient"] = NoSocket,
        ["Dns"] = "SocketException: ",
        ["Dns.GetHostName"] = "[hyperlight]",
        ["HttpClient"] = "HttpRequestException: ",
        ["NetworkInterface"] = NoFolder,
        ["Ping"] = "PlatformNotSupportedException: The system's ping utility could not be found.",
        ["Process.Start"] = "Win32Exception: An error occurred trying to start process 'true'",
        ["Process.GetProcesses"] = NoFolder,
        ["Process.GetCurrentProcess"] = "InvalidOperationException: Process has exited",
        ["thread priority"] = "[Normal]",
        ["STA thread"] = "PlatformNotSupportedException: COM Interop is not supported on this platform.",
        ["named semaphore"] = "PlatformNotSupportedException: The named version of this synchronization primitive is not supported",
        ["Assembly.Load"] = "FileNotFoundException: Cannot load assembly 'Prices'.",
        ["Assembly.Load bytes"] = NoLoading,
        ["Assembly.LoadFrom"] = NoLoading,
        ["AssemblyLoadContext"] = NoLoading,
        ["DynamicMethod"] = NoNewCode,
        ["AssemblyBuilder"] = NoNewCode,
        ["NativeLibrary"] = NoLibrary,
        ["DllImport"] = NoLibrary,
        ["Registry"] = "NullReferenceException",
        ["environment variables"] = "[LANG]",
        ["command line"] = "[]",
        ["user name"] = "IOException: No such file or directory",
        ["machine name"] = "[hyperlight]",
        ["home"] = "[]",
        ["Console.ReadLine"] = "[null]",
        ["Console.Read"] = "[-1]",
        ["Console.In"] = "[]",
        ["Console.ReadKey"] = "InvalidOperationException: Cannot read keys",
        ["standard input"] = "[-1]",
        ["local time zone"] = "[UTC 00:00:00]",
        ["time zone by name"] = "TimeZoneNotFoundException: The time zone ID 'Europe/Berlin' was not found",
        ["time zones"] = "[UTC]",
        ["culture by name"] = NoCulture,
        ["CultureInfo.GetCultureInfo"] = NoCulture,
        ["RegionInfo"] = "ArgumentException: Culture name 'DE' is not supported.",
        ["current culture"] = "[[]]",
    };

    [KvmFact(Needs.Sse)]
    public void What_a_guest_does_not_have_ends_with_an_exception_that_says_so()
    {
        using GuestImage image = CSharpGuest.Open("Conformance");
        using Sandbox sandbox = image.CreateSandbox(options =>
        {
            options.Print = options.DebugPrint = TextWriter.Null;
            options.CallTimeout = TimeSpan.FromSeconds(20);
        });
        string[] uses = sandbox.Call<string>("Uses").Split('\n');
        Dictionary<string, string> found = [];
        foreach (string use in uses)
        {
            found[use] = sandbox.Call<string>("Use", use);
        }

        Assert.Equal(Answers.Keys.Order(StringComparer.Ordinal), uses.Order(StringComparer.Ordinal));
        Assert.All(Answers, answer => Assert.StartsWith(answer.Value, found[answer.Key], StringComparison.Ordinal));
        Assert.EndsWith(NoNetwork, found["SslStream"], StringComparison.Ordinal);
    }
}
