using System.Reflection;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks.Tests;

/// <summary>Tests what MSBuild expects of every task.</summary>
public sealed class TaskConventionTests
{
    public static TheoryData<Type> Tasks =>
        [.. typeof(GuestTask).Assembly.GetExportedTypes().Where(type => typeof(ITask).IsAssignableFrom(type) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void A_task_says_that_it_can_run_beside_others_and_can_be_canceled(Type task)
    {
        // MSBuild looks for the full name of the attribute.
        Assert.Contains(
            task.GetCustomAttributesData(),
            attribute => attribute.AttributeType.FullName == "Microsoft.Build.Framework.MSBuildMultiThreadableTaskAttribute");
        Assert.True(typeof(ICancelableTask).IsAssignableFrom(task));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void A_task_has_no_static_state(Type task) =>
        Assert.All(
            task.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic),
            field => Assert.True(field.IsInitOnly || field.IsLiteral || field.Name.StartsWith('<'), field.Name));
}
