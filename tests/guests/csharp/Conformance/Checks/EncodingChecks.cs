using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Text;

namespace Hyperlight.Conformance.Checks;

internal static class EncodingChecks
{
    private const string Sample = "Grüße, Ωμέγα, 日本語, 😀";

    public static Area Area => new("encoding")
    {
        { "UTF-8", () => Encoding.UTF8.GetBytes(Sample) },
        { "UTF-8 and back", () => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(Sample)) },
        { "UTF-16", () => Encoding.Unicode.GetBytes(Sample) },
        { "UTF-16, big end first", () => Encoding.BigEndianUnicode.GetBytes(Sample) },
        { "UTF-32", () => Encoding.UTF32.GetBytes("a😀") },
        { "ASCII replaces", () => Encoding.ASCII.GetString(Encoding.ASCII.GetBytes(Sample)) },
        { "Latin-1", () => Encoding.Latin1.GetBytes("Grüße€") },
        { "invalid UTF-8 is replaced", () => Encoding.UTF8.GetString([0x41, 0xC3, 0x28, 0xE2, 0x82, 0x41]) },
        { "invalid UTF-8 throws", () => new UTF8Encoding(false, true).GetString([0xC3, 0x28]) },
        { "lone surrogate", () => Encoding.UTF8.GetBytes("a\uD800b") },
        {
            "decoder keeps the rest", () =>
            {
                Decoder d = Encoding.UTF8.GetDecoder();
                char[] to = new char[4];
                int n = d.GetChars([0xE6, 0x97], to, false);
                n += d.GetChars([0xA5], to.AsSpan(n), true);
                return new string(to, 0, n);
            }
        },
        { "preamble", () => new UTF8Encoding(true).GetPreamble() },
        { "code page by number", () => Encoding.GetEncoding(28591).WebName },
        { "unknown code page", () => Encoding.GetEncoding("nothing-like-this") },
        { "Base64", () => Convert.ToBase64String(Encoding.UTF8.GetBytes(Sample)) },
        { "Base64 and back", () => Convert.FromBase64String("SGVsbG8sIHdvcmxkIQ==") },
        { "wrong Base64", () => Convert.FromBase64String("SGVsb?8=") },
        { "Base64 for URLs", () => Base64Url.EncodeToString([0xFB, 0xFF, 0xFE, 0x01]) },
        { "hexadecimal", () => Convert.FromHexString("00ffA5") },
        { "wrong hexadecimal", () => Convert.FromHexString("0g") },
        { "URL escape", () => Uri.EscapeDataString("a b&c=ü/😀") },
        { "URL unescape", () => Uri.UnescapeDataString("a%20b%26%C3%BC%zz") },
        {
            "URI", () =>
            {
                Uri u = new("https://user@example.org:8080/a/../b?x=1#f");
                return $"{u.Host} {u.Port} {u.AbsolutePath} {u.Query} {u.Fragment} {u.UserInfo}";
            }
        },
        { "relative URI", () => new Uri(new Uri("http://example.org/a/b"), "../c?d") },
        { "HTML", () => $"{WebUtility.HtmlEncode("<a & 'b'>")} {WebUtility.HtmlDecode("&lt;&uuml;&#x41;&amp;")}" },
        { "rune", () => Sample.EnumerateRunes().Count() },
        { "rune width", () => new Rune(0x1F600).Utf8SequenceLength },
        { "UTF-8 literal", () => "Grüße"u8.Length },
        {
            "format into UTF-8", () =>
            {
                Span<byte> to = stackalloc byte[32];
                Utf8Formatter.TryFormat(-12.5m, to, out int n, new StandardFormat('F', 3));
                return Encoding.ASCII.GetString(to[..n]);
            }
        },
        { "parse from UTF-8", () => $"{int.Parse("-42"u8, null)} {double.Parse("2.5e3"u8, null)}" },
        { "normalization", () => "e\u0301".Normalize().Length },
        { "IP address", () => $"{IPAddress.Parse("::ffff:1.2.3.4").MapToIPv4()} {IPAddress.Parse("fe80::1")}" },
    };
}
