namespace Hyperlight.Runtime.Tests.Errors;

public class ExceptionTests
{
    private static readonly Type[] Ours =
    [
        .. typeof(HyperlightException).Assembly.GetExportedTypes().Concat(typeof(Sandbox).Assembly.GetExportedTypes()).Where(typeof(Exception).IsAssignableFrom),
    ];

    [Fact]
    public void Every_exception_of_ours_can_be_caught_as_one_type()
    {
        Assert.Contains(typeof(SandboxPoisonedException), Ours);
        Assert.All(Ours, type => Assert.True(type.IsAssignableTo(typeof(HyperlightException)), type.FullName));
    }

    [Fact]
    public void The_hierarchy_is_two_levels_deep_but_for_the_abort_with_a_processor_exception() => Assert.Equal(
        [typeof(GuestCpuException)],
        Ours.Where(type => type != typeof(HyperlightException) && type.BaseType != typeof(HyperlightException)));
}
