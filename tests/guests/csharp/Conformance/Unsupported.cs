using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.IO.Pipes;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Win32;

namespace Hyperlight.Conformance;

/// <summary>Uses what a guest does not have. A use finds nothing, or ends with an exception of .NET.</summary>
internal static partial class Unsupported
{
    private static readonly byte[] Some = new byte[16];

    private static readonly Dictionary<string, Func<object?>> Uses = new()
    {
        ["RSA"] = () => RSA.Create().SignData(Some, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        ["ECDsa"] = () => ECDsa.Create(ECCurve.NamedCurves.nistP256).SignData(Some, HashAlgorithmName.SHA256),
        ["ECDiffieHellman"] = () => ECDiffieHellman.Create().PublicKey,
        ["DSA"] = () => DSA.Create().CreateSignature(new byte[20]),
        ["TripleDES"] = () => TripleDES.Create().CreateEncryptor().TransformFinalBlock(Some, 0, 16),
        ["DES"] = () => DES.Create().CreateEncryptor().TransformFinalBlock(Some, 0, 16),
        ["RC2"] = () => RC2.Create().CreateEncryptor().TransformFinalBlock(Some, 0, 16),
        ["AesCcm supported"] = () => AesCcm.IsSupported,
        ["AesCcm"] = () => Encrypted(new AesCcm(Some)),
        ["ChaCha20Poly1305 supported"] = () => ChaCha20Poly1305.IsSupported,
        ["ChaCha20Poly1305"] = () => new ChaCha20Poly1305(new byte[32]),
        ["X509Certificate2"] = () => X509CertificateLoader.LoadCertificate(Some).Subject,
        ["X509Store"] = () => new X509Store(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly).Certificates.Count,
        ["SslStream"] = () => { new SslStream(new MemoryStream()).AuthenticateAsClient("example.org"); return null; },
        ["File.ReadAllText"] = () => File.ReadAllText("prices.json"),
        ["File.WriteAllText"] = () => { File.WriteAllText("/prices.json", ""); return null; },
        ["FileStream"] = () => new FileStream("/etc/passwd", FileMode.Open),
        ["Directory.GetFiles"] = () => Directory.GetFiles("/").Length,
        ["Directory.CreateDirectory"] = () => Directory.CreateDirectory("/prices"),
        ["Path.GetTempFileName"] = Path.GetTempFileName,
        ["DriveInfo"] = () => DriveInfo.GetDrives().Length,
        ["FileSystemWatcher"] = () => new FileSystemWatcher("/") { EnableRaisingEvents = true },
        ["MemoryMappedFile"] = () => MemoryMappedFile.CreateNew(null, 4096).CreateViewAccessor().ReadByte(0),
        ["NamedPipe"] = () => new NamedPipeServerStream("prices"),
        ["current directory"] = () => Environment.CurrentDirectory,
        ["change directory"] = () => Environment.CurrentDirectory = "/prices",
        ["Socket"] = () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp),
        ["TcpClient"] = () => new TcpClient("127.0.0.1", 80),
        ["Dns"] = () => Dns.GetHostAddresses("example.org").Length,
        ["Dns.GetHostName"] = Dns.GetHostName,
        ["HttpClient"] = () => new HttpClient().GetStringAsync("http://127.0.0.1/").GetAwaiter().GetResult(),
        ["NetworkInterface"] = () => NetworkInterface.GetAllNetworkInterfaces().Length,
        ["Ping"] = () => new Ping().Send("127.0.0.1").Status,
        ["Process.Start"] = () => Process.Start("true"),
        ["Process.GetProcesses"] = () => Process.GetProcesses().Length,
        ["Process.GetCurrentProcess"] = () => Process.GetCurrentProcess().ProcessName,
        ["thread priority"] = ThreadPriorities,
        ["STA thread"] = () => { new Thread(() => { }).SetApartmentState(ApartmentState.STA); return null; },
        ["named semaphore"] = () => new Semaphore(1, 1, "prices"),
        ["Assembly.Load"] = () => Assembly.Load("Prices"),
        ["Assembly.Load bytes"] = () => Assembly.Load(Some),
        ["Assembly.LoadFrom"] = () => Assembly.LoadFrom("/prices.dll"),
        ["AssemblyLoadContext"] = () => new AssemblyLoadContext("prices").LoadFromAssemblyPath("/prices.dll"),
        ["DynamicMethod"] = () => new DynamicMethod("one", typeof(int), []).GetILGenerator(),
        ["AssemblyBuilder"] = () => AssemblyBuilder.DefineDynamicAssembly(new("Prices"), AssemblyBuilderAccess.Run),
        ["NativeLibrary"] = () => NativeLibrary.Load("prices"),
        ["DllImport"] = () => Prices(),
        ["Registry"] = () => Registry.LocalMachine.OpenSubKey("Prices"),
        ["environment variables"] = () => string.Join('|', Environment.GetEnvironmentVariables().Keys.Cast<string>()),
        ["command line"] = () => string.Join('|', Environment.GetCommandLineArgs()),
        ["user name"] = () => Environment.UserName,
        ["machine name"] = () => Environment.MachineName,
        ["home"] = () => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        ["Console.ReadLine"] = Console.ReadLine,
        ["Console.Read"] = () => Console.Read(),
        ["Console.In"] = () => Console.In.ReadToEnd(),
        ["Console.ReadKey"] = () => Console.ReadKey(),
        ["standard input"] = () => Console.OpenStandardInput().ReadByte(),
        ["local time zone"] = () => $"{TimeZoneInfo.Local.Id} {TimeZoneInfo.Local.BaseUtcOffset}",
        ["time zone by name"] = () => TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"),
        ["time zones"] = () => string.Join('|', TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id)),
        ["culture by name"] = () => new CultureInfo("de-DE"),
        ["CultureInfo.GetCultureInfo"] = () => CultureInfo.GetCultureInfo("de-DE"),
        ["RegionInfo"] = () => new RegionInfo("DE").CurrencySymbol,
        ["current culture"] = () => $"[{CultureInfo.CurrentCulture.Name}]",
    };

    /// <summary>Gets the names of the uses.</summary>
    public static IEnumerable<string> Names => Uses.Keys;

    /// <summary>Does the use of the name.</summary>
    /// <returns>What the use found, in brackets, or the types and texts of its exception and of the causes of the exception.</returns>
    public static string Use(string name)
    {
        try
        {
            return $"[{Uses[name]() ?? "null"}]";
        }
        catch (Exception exception)
        {
            List<string> causes = [];
            for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
            {
                causes.Add($"{cause.GetType().Name}: {cause.Message}");
            }

            return string.Join(" <- ", causes);
        }
    }

    private static string ThreadPriorities()
    {
        Thread thread = new(() => { }) { Priority = ThreadPriority.Highest };
        thread.Start();
        thread.Join();
        Thread.CurrentThread.Priority = ThreadPriority.Lowest;
        ThreadPriority seen = Thread.CurrentThread.Priority;
        Thread.CurrentThread.Priority = ThreadPriority.Normal;
        return $"{seen}";
    }

    private static int Encrypted(AesCcm aes)
    {
        byte[] to = new byte[16];
        aes.Encrypt(new byte[12], Some, to, new byte[16]);
        return to[0];
    }

    [LibraryImport("prices")]
    private static partial int Prices();
}
