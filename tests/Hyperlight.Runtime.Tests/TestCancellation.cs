namespace Hyperlight.Runtime.Tests;

/// <summary>The token of the running test, in every file of the project.</summary>
internal static class TestCancellation
{
    /// <summary>The token that is cancelled when the test is to end.</summary>
    public static CancellationToken TestCanceled => TestContext.Current.CancellationToken;
}
