namespace Hyperlight.Generator.Tests;

/// <summary>The functions of the sample's guest. The generator implements the interface when these tests are compiled.</summary>
[GuestInterface]
internal partial interface IHello
{
    string SayHello(string name);

    int Add(int a, int b);

    Task<int> AddAsync(int a, int b, CancellationToken cancellationToken = default);

    void Nothing();

    Task NothingAsync(CancellationToken cancellationToken);

    [GuestFunction("EchoLong")]
    long Same(long value);

    byte[] EchoBytes(byte[] value);

    ReadOnlyMemory<byte> EchoBytes(ReadOnlyMemory<byte> value);

    [GuestFunction("Nothing")]
    void NothingUnless(CancellationToken cancellationToken);

    string Missing();

    byte[] AllTypes(int a, uint b, long c, ulong d, float e, double f, string g, bool h, ReadOnlyMemory<byte> i);

    int Sum(int a, int b, int c) => Add(Add(a, b), c);
}
