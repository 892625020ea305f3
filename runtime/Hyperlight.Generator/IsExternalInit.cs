namespace System.Runtime.CompilerServices;

/// <summary>What the compiler asks for where there are records; netstandard2.0 has none.</summary>
internal static class IsExternalInit;
