/// <summary>Functions of guest/hello.c. A type that cannot cross between host and guest would be an error here.</summary>
[GuestInterface]
internal partial interface IHello
{
    string SayHello(string name);

    string Greet(string name);

    int Add(int a, int b);

    int Print(string text);

    byte[] EchoBytes(byte[] value);
}
