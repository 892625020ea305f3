using System.Runtime.CompilerServices;

namespace Basics;

/// <summary>
/// Fails in each way a program can. A test looks for the lines with a comment <c>// NAME</c>, at which a failure must be reported.
/// </summary>
internal static class Crashes
{
    public static Dictionary<string, Func<string>> All { get; } = new()
    {
        ["null"] = () => Null(null!),
        ["divide"] = () => $"{Divide(1, 0)}",
        ["library"] = () => $"{Library("seven")}",
        ["constructor"] = () => new Picky(-1).ToString()!,
        ["property"] = () => new Picky(1).Broken,
        ["generic"] = () => new Box<string>().Take<int>(3),
        ["nested"] = () => Outer.Inner.Fail(),
        ["lambda"] = () => throw new InvalidDataException("on purpose"), // lambda
        ["local"] = Local,
        ["iterator"] = () => $"{Numbers(2).Sum()}",
        ["async"] = () => $"{LaterAsync(1).GetAwaiter().GetResult()}",
        ["fail fast"] = FailFast,
        ["thread"] = InThread,
        ["spin"] = Spin,
        ["wait"] = Wait,
        ["sort"] = Sort,
        ["overflow"] = () => $"{Overflow(1)}",
        ["jump"] = () => $"{Jump(0x70_0000_0000)}",
        ["write"] = () => $"{Write(0x70_0000_0000)}",
    };

    private static string Null(string text)
    {
        int length = 0;
        length += text.Length; // null
        return $"{length}";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Divide(int a, int b)
    {
        a++;
        return a / b; // divide
    }

    private static int Library(string text)
    {
        return int.Parse(text); // library
    }

    private static string Local()
    {
        return Deeper(5);

        static string Deeper(int number)
        {
            return number > 3 ? throw new InvalidDataException("on purpose") : "small"; // local
        }
    }

    private static IEnumerable<int> Numbers(int count)
    {
        yield return count;
        yield return Divide(count, 1) / (count - 2); // iterator
    }

    private static async Task<int> LaterAsync(int count)
    {
        await Task.Yield();
        return count / (count - 1); // async
    }

    private static string FailFast()
    {
        Environment.FailFast("gave up"); // fail fast
        return "went on";
    }

    private static string InThread()
    {
        Thread thread = new(() => Throw(1));
        thread.Start();
        thread.Join();
        return "went on";
    }

    private static void Throw(int number)
    {
        if (number > 0)
        {
            throw new InvalidDataException("thrown in a thread"); // thread
        }
    }

    private static string Spin()
    {
        for (; ; ) { } // spin
    }

    private static string Wait()
    {
        Thread.Sleep(TimeSpan.FromHours(1)); // wait
        return "went on";
    }

    private static string Sort()
    {
        int[] numbers = [.. Enumerable.Range(0, 100_000)];
        for (; ; )
        {
            Array.Sort(numbers); // sort
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Overflow(int depth)
    {
        return depth < 0 ? 0 : Overflow(depth + 1) + 1; // overflow
    }

    private static unsafe string Jump(long address)
    {
        ((delegate* unmanaged<void>)address)(); // jump
        return "came back";
    }

    private static unsafe string Write(long address)
    {
        *(int*)address = 1; // write
        return "written";
    }

    private sealed class Picky
    {
        public Picky(int size)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size); // constructor
        }

        public string Broken
        {
            get
            {
                throw new InvalidDataException("on purpose"); // property
            }
        }
    }

    private sealed class Box<T>
    {
        public string Take<TKey>(TKey key)
        {
            throw new InvalidDataException($"{typeof(T)} {key}"); // generic
        }
    }

    private static class Outer
    {
        public static class Inner
        {
            public static string Fail()
            {
                throw new InvalidDataException("on purpose"); // nested
            }
        }
    }
}
