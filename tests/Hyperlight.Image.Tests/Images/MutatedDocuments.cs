using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Hyperlight.Oci;

namespace Hyperlight.Image.Tests.Images;

/// <summary>
/// Changes single bytes in the files of an image. The digests are updated, so that readers see the changed bytes.
/// </summary>
internal static class MutatedDocuments
{
    private const int MutantsOfAFile = 500;
    private const int MutatedSize = 0x1000;

    /// <summary>Opens many changed images: each opens or is refused with a code for images.</summary>
    /// <param name="directory">The folder of the image.</param>
    /// <param name="fileCount">The number of files that are changed.</param>
    /// <param name="open">Opens the image and disposes it.</param>
    /// <param name="untouched">The path of the memory blob, which is not changed because it may have any content.</param>
    public static void AssertCoded(string directory, int fileCount, Action open, string untouched)
    {
        Random random = new(1271);
        string index = Path.Combine(directory, OciLayout.IndexFile);
        Dictionary<string, byte[]> files = Directory.GetFiles(directory, "*", SearchOption.AllDirectories)
            .Where(path => path != untouched).Order(StringComparer.Ordinal).ToDictionary(path => path, File.ReadAllBytes);
        Assert.Equal(fileCount, files.Count);
        foreach ((string path, byte[] original) in files)
        {
            for (int i = 0; i < MutantsOfAFile; i++)
            {
                byte[] mutant = [.. original];
                for (int changes = random.Next(1, 4); changes > 0; changes--)
                {
                    mutant[random.Next(Math.Min(mutant.Length, MutatedSize))] = (byte)random.Next(256);
                }

                Put(files, path, mutant);
                try
                {
                    open();
                }
                catch (HyperlightException failure)
                {
                    Assert.StartsWith("HL3", failure.Finding!.Rule.Code, StringComparison.Ordinal);
                }

                File.WriteAllBytes(index, files[index]);
            }

            File.WriteAllBytes(path, original);
        }
    }

    /// <summary>Replaces a file. A changed blob gets another name, which changes every document that names the blob.</summary>
    public static void Put(IReadOnlyDictionary<string, byte[]> files, string path, byte[] content)
    {
        string before = Path.GetFileName(path);
        string after = before.Length == SHA256.HashSizeInBytes * 2 ? Convert.ToHexStringLower(SHA256.HashData(content)) : before;
        File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(path)!, after), content);
        foreach ((string other, byte[] bytes) in files)
        {
            string text = Encoding.UTF8.GetString(bytes);
            if (after != before && text.Contains(before, StringComparison.Ordinal))
            {
                string mended = Regex.Replace(text, $"{before}\"(,\\s*\"size\":\\s*)\\d+", $"{after}\"${{1}}{content.Length}");
                Put(files, other, Encoding.UTF8.GetBytes(mended.Replace(before, after, StringComparison.Ordinal)));
            }
        }
    }
}
