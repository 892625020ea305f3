using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Hyperlight.Guest;

/// <summary>
/// Says what a guest does not have. Functions of native libraries that are not linked into the guest are looked up at their first call, and
/// end here.
/// </summary>
internal static class AbsentLibraries
{
    /// <summary>Lets calls of absent functions throw <see cref="PlatformNotSupportedException"/>.</summary>
    public static void Explain()
    {
        NativeLibrary.SetDllImportResolver(typeof(HashAlgorithmName).Assembly, static (_, _, _) => throw new PlatformNotSupportedException(
            "A guest has no OpenSSL: keys other than those of AES and HMAC, certificates and TLS do not work in it. Digests, HMAC, PBKDF2, "
            + "HKDF, AES (ECB, CBC, CFB, GCM) and random numbers do. Let a host function do the rest."));
        NativeLibrary.SetDllImportResolver(typeof(EncryptionPolicy).Assembly, static (_, _, _) => throw new PlatformNotSupportedException(
            "A guest has no network, so it has neither TLS nor Kerberos: let a host function connect."));
    }
}
