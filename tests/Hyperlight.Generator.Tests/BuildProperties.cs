using System.Diagnostics.CodeAnalysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Hyperlight.Generator.Tests;

/// <summary>The build properties for the generator: the folder of the diagnostics pages and the version of the SDK of guests.</summary>
internal sealed class BuildProperties(string? helpAddress, string? guestSdk = null) : AnalyzerConfigOptionsProvider
{
    public override AnalyzerConfigOptions GlobalOptions { get; } = new Options(helpAddress, guestSdk);

    public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

    public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

    private sealed class Options(string? helpAddress, string? guestSdk) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [NotNullWhen(true)] out string? value)
        {
            value = key switch
            {
                "build_property._HyperlightHelp" => helpAddress,
                "build_property.HyperlightGuestSdkVersion" => guestSdk,
                _ => null,
            };
            return value is not null;
        }
    }
}
