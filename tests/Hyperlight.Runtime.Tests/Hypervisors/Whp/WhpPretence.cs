namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>The things that <see cref="WhpShim.Pretend"/> makes the library lack.</summary>
[Flags]
internal enum WhpPretence : uint
{
    Nothing = 0,

    /// <summary>The library is there, and the hypervisor does not run.</summary>
    NoHypervisor = 1,

    /// <summary>The feature Xsave is missing.</summary>
    NoXsave = 2,

    /// <summary>Some registers are unknown, KernelGsBase for example.</summary>
    FewRegisters = 4,
}
