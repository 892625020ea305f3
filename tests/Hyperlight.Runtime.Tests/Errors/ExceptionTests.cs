namespace Hyperlight.Runtime.Tests.Errors;

public class ExceptionTests
{
    private static readonly Type[] Ours =
    [
        .. typeof(HyperlightException).Assembly.GetExportedTypes().Concat(typeof(Sandbox).Assembly.GetExportedTypes())
            .Where(typeof(Exception).IsAssignableFrom),
    ];

    [Fact]
    public void Every_exception_of_ours_can_be_caught_as_one_type()
    {
        Assert.Contains(typeof(SandboxPoisonedException), Ours);
        Assert.All(Ours, type => Assert.True(type.IsAssignableTo(typeof(HyperlightException)), type.FullName));
    }

    [Fact]
    public void All_failures_derive_from_the_base_but_for_those_of_a_guest_that_did_not_come_to_its_end() => Assert.Equal(
        [
            (typeof(GuestAbortedException), typeof(GuestFailedException)),
            (typeof(GuestCpuException), typeof(GuestAbortedException)),
            (typeof(GuestFaultException), typeof(GuestFailedException)),
            (typeof(GuestProtocolException), typeof(GuestFailedException)),
        ],
        Ours.Where(type => type != typeof(HyperlightException) && type.BaseType != typeof(HyperlightException))
            .Select(type => (type, type.BaseType!))
            .OrderBy(pair => pair.type.Name, StringComparer.Ordinal));
}
