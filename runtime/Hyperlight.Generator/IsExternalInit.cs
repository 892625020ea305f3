namespace System.Runtime.CompilerServices;

/// <summary>A type that the compiler needs for records. netstandard2.0 does not have the type.</summary>
internal static class IsExternalInit;
