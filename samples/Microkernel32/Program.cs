// microkernel32 [identity|flat|paged] [REQUEST...], for example: microkernel32 flat "ramfs motd" "exit 3"
(string variant, string[] requests) = args is [var first, .. var rest] ? (first, rest) : ("flat", []);
if (requests.Length == 0)
{
    // Every KVM can run these requests. "timer 10" needs IRET and "paging" needs paging in 32-bit code.
    requests = ["memory", "gdt", "ramfs motd", "bulk", "exit 0"];
}

try
{
    GuestImage? image = variant switch
    {
        "identity" => Guests.Identity,
        "flat" => Guests.Flat,
        "paged" => Guests.Paged,
        _ => null,
    };
    if (image is null)
    {
        Console.Error.WriteLine("usage: microkernel32 [identity|flat|paged] [REQUEST...]; guest/kernel.c lists the requests");
        return 2;
    }

    string files = Path.Combine(AppContext.BaseDirectory, "ramfs.tar");
    GuestPhysicalAddress ramfs = new(0x8000_0000);
    const long PageSize = 4096;
    long ramfsSize = (new FileInfo(files).Length + PageSize - 1) / PageSize * PageSize;
    byte[] bulk = new byte[10_000];
    Random.Shared.NextBytes(bulk);
    using VmbusHost host = new(requests, Console.WriteLine, image, ramfs, ramfsSize, bulk);
    using Sandbox sandbox = image.CreateSandbox(options =>
    {
        host.AddTo(options.HostFunctions);
        if (!image.Layout.ListsFileMappings)
        {
            options.MapFile(files, ramfs);
        }
    });
    int code = sandbox.Call<int>("kmain");
    Console.WriteLine(host.BulkOutput.Span.SequenceEqual(bulk)
        ? $"exit code {code}; the bulk data came back as it was"
        : $"exit code {code}; {host.BulkOutput.Length} bytes of bulk data came back");
    return code;
}
catch (GuestAbortedException e)
{
    // A kernel that cannot return its exit code aborts with the code.
    Console.Error.WriteLine(e.Message);
    return e.Code;
}
catch (HyperlightException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
