// Opens an image, starts its guest, calls a function of the guest once and ends. bench/Hyperlight.Benchmarks measures the whole process, in
// each way in which the program was published. Run one or more of these commands at the root of the repository:
//   dotnet publish bench/ColdProcess
//   dotnet publish bench/ColdProcess -p:Kind=jit
//   dotnet publish bench/ColdProcess -p:Kind=aot
// The first one compiles the runtime to machine code, as its package does, the second one leaves that to the JIT compiler, and the third
// one compiles the whole program.

using Hyperlight;

using GuestImage image = GuestImage.Open(args[0]);
using Sandbox sandbox = image.CreateSandbox(options => options.HostFunctions.Add("HostAdd", (int a, int b) => a + b));
return sandbox.Call<string>(args[1], "once") == "once" ? 0 : 1;
