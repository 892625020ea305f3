using Hyperlight;

namespace Basics;

/// <summary>The functions of the guest: one for each type of the protocol, and checks with names.</summary>
[GuestInterface]
public interface IBasics
{
    /// <summary>Adds two numbers.</summary>
    int Add(int a, int b);

    /// <summary>Adds two numbers of 64 bits.</summary>
    long AddLong(long a, long b);

    /// <summary>Halves a number.</summary>
    double Half(double number);

    /// <summary>Negates a truth value.</summary>
    bool Not(bool value);

    /// <summary>Greets.</summary>
    string Greet(string name);

    /// <summary>Reverses bytes.</summary>
    byte[] Reverse(byte[] bytes);

    /// <summary>Does what <see cref="Check"/> knows under the name, and returns what the program saw.</summary>
    string Check(string name);

    /// <summary>Fails in the way of the name.</summary>
    string Crash(string name);
}
