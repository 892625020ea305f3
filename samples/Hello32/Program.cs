try
{
    // Guests.Hello32 is the image that the build made from guest/hello32.c, a 32-bit guest without paging.
    using Sandbox sandbox = Guests.Hello32.CreateSandbox(options =>
    {
        options.CallTimeout = TimeSpan.FromSeconds(2);
        options.Print = Console.Out; // a library prints nothing by itself
        options.HostFunctions
            .Add("Now", () => DateTime.UtcNow.ToString("O"))
            .Add("HostAdd", (int a, int b) => a + b);
    });

    Console.WriteLine(sandbox.Call<string>("SayHello", args is [var name, ..] ? name : "World"));
    Console.WriteLine(sandbox.Call<string>("Greet", "World"));      // the guest asks the host for the time
    Console.WriteLine($"20 + 22 = {sandbox.Call<int>("Add", 20, 22)}"); // and lets it add
    sandbox.Call<int>("Print", "printed by the guest\n");

    Console.WriteLine(sandbox.Call<long>("EchoLong", long.MinValue));
    Console.WriteLine(sandbox.Call<double>("EchoDouble", Math.PI));
    Console.WriteLine(Convert.ToHexString(sandbox.Call<byte[]>("EchoBytes", new byte[] { 0xCA, 0xFE })));
    return 0;
}
catch (HyperlightException e)
{
    // For example without /dev/kvm, or if the guest fails: one line with a code that docs/diagnostics explains.
    Console.Error.WriteLine(e.Message);
    return 1;
}
