namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>A class of tests of the Windows backend. The class runs alone, because the shim counts for the whole process.</summary>
public interface IWhpTests : IClassFixture<LeakCheck>;
