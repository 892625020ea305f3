try
{
    // Guests.Hello is the image that the build made from guest/hello.c.
    using Sandbox sandbox = Guests.Hello.CreateSandbox(options =>
    {
        options.CallTimeout = TimeSpan.FromSeconds(2);
        options.Print = Console.Out; // a library prints nothing by itself
        options.HostFunctions
            .Add("Now", () => DateTime.UtcNow.ToString("O"))
            .Add("HostAdd", (int a, int b) => a + b);
    });

    IHello hello = IHello.For(sandbox); // The build generates the implementation, see IHello.cs.
    Console.WriteLine(hello.SayHello(args is [var name, ..] ? name : "World"));
    Console.WriteLine(hello.Greet("World"));            // the guest asks the host for the time
    Console.WriteLine($"20 + 22 = {hello.Add(20, 22)}"); // and lets it add
    hello.Print("printed by the guest\n");
    Console.WriteLine(Convert.ToHexString(hello.EchoBytes([0xCA, 0xFE])));

    // Without an interface, a function is called by its name.
    Console.WriteLine(sandbox.Call<long>("EchoLong", long.MinValue));
    Console.WriteLine(sandbox.Call<double>("EchoDouble", Math.PI));
    return 0;
}
catch (HyperlightException e)
{
    // For example without /dev/kvm, or if the guest fails: one line with a code that docs/diagnostics explains.
    Console.Error.WriteLine(e.Message);
    return 1;
}
