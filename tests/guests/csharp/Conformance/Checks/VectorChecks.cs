using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hyperlight.Conformance.Checks;

internal static class VectorChecks
{
    public static Area Area => new("vectors")
    {
        {
            "sum over a vector type", () =>
            {
                int[] a = [.. Enumerable.Range(0, 64)];
                Vector<int> sum = Vector<int>.Zero;
                for (int i = 0; i < a.Length; i += Vector<int>.Count)
                {
                    sum += new Vector<int>(a, i);
                }
                return Vector.Sum(sum);
            }
        },
        { "128 bits", () => Vector128.Add(Vector128.Create(1, 2, 3, 4), Vector128.Create(10)).ToString() },
        { "256 bits", () => Vector256.Dot(Vector256.Create(1f), Vector256.Create(2f)) },
        { "512 bits", () => Vector512.Sum(Vector512.Create((byte)3)) },
        {
            "compare and select",
            () => Vector128.ConditionalSelect(
                Vector128.GreaterThan(Vector128.Create(1, 5, 3, 7), Vector128.Create(4)), Vector128.Create(1), Vector128.Create(0))
                .ToString()
        },
        { "shuffle", () => Vector128.Shuffle(Vector128.Create(1, 2, 3, 4), Vector128.Create(3, 2, 1, 0)).ToString() },
        { "widen and narrow", () => Vector128.Narrow(Vector128.Create(1L, 300), Vector128.Create(5L, 6)).ToString() },
        { "mask", () => Vector128.ExtractMostSignificantBits(Vector128.Create(-1, 1, -1, 1)) },
        { "square root", () => Vector128.Sqrt(Vector128.Create(4.0, 2.0)).ToString() },
        { "doubles", () => (Vector128.Create(0.1, 0.2) * Vector128.Create(3.0, 7.0)).ToString() },
        { "vector of two", () => Vector2.Distance(new(1, 2), new(4, 6)) },
        { "vector of three", () => Vector3.Cross(new(1, 2, 3), new(4, 5, 6)).ToString() },
        { "normalize", () => Vector4.Normalize(new(1, 2, 2, 0)).ToString() },
        { "matrix", () => (Matrix4x4.CreateTranslation(1, 2, 3) * Matrix4x4.CreateScale(2)).Translation.ToString() },
        { "matrix inverse", () => Matrix3x2.Invert(Matrix3x2.CreateScale(2, 4), out Matrix3x2 m) ? m.M22 : -1 },
        { "quaternion", () => Quaternion.Dot(Quaternion.Identity, Quaternion.CreateFromYawPitchRoll(0, 0, 0)) },
        { "plane", () => Plane.DotCoordinate(new(0, 1, 0, -5), new(3, 7, 1)) },
        { "SSE2 instruction", () => Sse2.IsSupported ? Sse2.Add(Vector128.Create(1, 2, 3, 4), Vector128.Create(1)).GetElement(3) : 5 },
        { "instructions say what they need", () => $"{Sse2.IsSupported} {X86Base.IsSupported}" },
    };
}
