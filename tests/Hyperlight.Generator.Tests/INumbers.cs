namespace Hyperlight.Generator.Tests;

/// <summary>A function of the sample's guest with types that a guest in C does not know.</summary>
[GuestInterface]
internal partial interface INumbers
{
    [GuestFunction("EchoBytes")]
    int[] Echo(int[] values);
}
