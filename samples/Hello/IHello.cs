/// <summary>The functions of guest/hello.c. The compiler reports a type that cannot cross between host and guest as an error.</summary>
[GuestInterface]
internal partial interface IHello
{
    string SayHello(string name);

    string Greet(string name);

    int Add(int a, int b);

    int Print(string text);

    byte[] EchoBytes(byte[] value);
}
