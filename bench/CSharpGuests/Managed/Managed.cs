/// <summary>The functions of samples/Hello that are measured.</summary>
[GuestInterface]
public interface IManaged
{
    /// <summary>Greets.</summary>
    string SayHello(string name);

    /// <summary>Greets with a text that the host gives.</summary>
    string Greet(string name);
}

[GuestExport]
internal sealed partial class Managed : IManaged
{
    public string SayHello(string name) => $"Hello, {name}!";

    public string Greet(string name) => $"{name}, it is {Host.Call<string>("Now")}";
}
