namespace Hyperlight.Generator.Tests;

/// <summary>The source of a program that is host and guest at once: calls of a sandbox reach the functions of the guest directly.</summary>
internal static class RoundTrip
{
    public const string Transport = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Hyperlight;
        global using Function = System.Func<
            System.ReadOnlyMemory<byte>, System.Threading.CancellationToken, System.Threading.Tasks.Task<byte[]>>;

        namespace Hyperlight
        {
            public sealed class GuestProtocolException(string method, Exception cause) : Exception(method, cause)
            {
                public static GuestProtocolException ForResult(string method, Exception cause) => new(method, cause);
            }

            public sealed class GuestVisibleException(string message, Exception error) : Exception(message, error);

            public struct CallOptions { public CancellationToken CancellationToken { get; init; } }

            public sealed class Sandbox
            {
                public static byte[] Request = [];
                public static Func<byte[], byte[]> Change = answer => answer;
                public void Call(string name, byte[] request) => Guest.GuestFunctions.Invoke(name, Request = request);
                public Task CallAsync(string name, byte[] request) => Task.Run(() => Call(name, request));
                public T Call<T>(string name, byte[] request) =>
                    (T)(object)(ReadOnlyMemory<byte>)Change(Guest.GuestFunctions.Invoke(name, Request = request));
                public T Call<T>(string name, CallOptions options, byte[] request) => Call<T>(name, request);
                public Task<T> CallAsync<T>(string name, byte[] request) => Task.Run(() => Call<T>(name, request));
            }

            public sealed class HostFunctions
            {
                public static readonly Dictionary<string, Delegate> All = [];
                public HostFunctions Add(string name, Delegate function) { All.Add(name, function); return this; }
            }
        }

        namespace Hyperlight.Guest
        {
            public readonly ref struct GuestArguments(byte[] bytes)
            {
                private readonly byte[] _bytes = bytes;
                public void RequireCount(int count) { if (count != 1) throw new ArgumentException("count"); }
                public T Get<T>(int index) => (T)(object)_bytes;
            }

            public sealed record GuestResult(byte[] Bytes)
            {
                public static GuestResult Void() => new([]);
                public static GuestResult Of<T>(T value) => new((byte[])(object)value!);
            }

            public delegate GuestResult GuestFunctionBody(GuestArguments arguments);

            public static class GuestProgram
            {
                public static readonly List<Action> Starts = [];
                public static void OnStart(Action start) => Starts.Add(start);
                public static void AddHostInterface<T>(T proxy) where T : class => Host.Proxies.Add(typeof(T), proxy);
            }

            public static class GuestFunctions
            {
                private static readonly Dictionary<string, GuestFunctionBody> All = [];
                public static void Register(string name, GuestFunctionBody body) => All.Add(name, body);
                public static byte[] Invoke(string name, byte[] request)
                {
                    GuestProgram.Starts.ForEach(start => start());
                    GuestProgram.Starts.Clear();
                    return All[name](new(request)).Bytes;
                }
            }

            public static class Host
            {
                public static readonly Dictionary<Type, object> Proxies = [];
                public static T Get<T>() where T : class => (T)Proxies[typeof(T)];
                public static void Call(string name, byte[] request) => Call<byte[]>(name, request);
                public static T Call<T>(string name, byte[] request) =>
                    HostFunctions.All[name] switch
                    {
                        Function returns => (T)(object)returns(request, default).GetAwaiter().GetResult(),
                        Func<ReadOnlyMemory<byte>, CancellationToken, Task> waits => Nothing<T>(() => waits(request, default).Wait()),
                        Action<ReadOnlyMemory<byte>, CancellationToken> acts => Nothing<T>(() => acts(request, default)),
                        var other => throw new ArgumentException(other.GetType().ToString()),
                    };

                private static T Nothing<T>(Action act) { act(); return (T)(object)Array.Empty<byte>(); }
            }
        }
        """;

    public const string Program = """
        namespace Shop;

        public enum Size : byte { Small = 1, Large = 2 }
        public sealed record Line(string Product, int Count, decimal? Price);
        public record struct Place(double X, float Y);
        public class Order
        {
            public required string Id { get; init; }
            public Line?[] Lines { get; set; } = [];
            public Dictionary<string, Place?> Places { get; init; } = [];
            public List<List<Size>> Sizes { get; init; } = [];
            public int Count => Lines.Length;
        }

        public sealed record Numbers(
            bool A, byte B, sbyte C, short D, ushort E, int F, uint G, long H, ulong I, char J, float K, double L, decimal M, byte[] N);
        public sealed record Times(DateTime A, DateTimeOffset B, TimeSpan C, DateOnly D, TimeOnly E, Guid F, DateTime? G);

        [GuestInterface]
        public partial interface IOrders
        {
            (Order Order, Numbers Low, Numbers High, Times Times) Echo(Order order, Numbers low, Numbers high, Times times);
            Task<decimal> TotalAsync(Order[] orders);
            Order? Largest(Order[] orders, CancellationToken cancellationToken = default);
            ValueTask<Line?> FindAsync(Order order, string product);
            ValueTask ForgetAsync(Order order);
            Task FailAsync(Order order);
        }

        [HostInterface]
        public interface IRates
        {
            Task<decimal> RateAsync(string currency);
            ValueTask<Line?> AlternativeAsync(Line line);
            ValueTask LogAsync(Line? line);
            void Refuse(Line line);
        }

        [GuestExport]
        internal sealed partial class Orders(IRates rates) : IOrders
        {
            public (Order Order, Numbers Low, Numbers High, Times Times) Echo(Order order, Numbers low, Numbers high, Times times) =>
                (order, low, high, times);
            public async Task<decimal> TotalAsync(Order[] orders) =>
                orders.Sum(order => order.Lines.Sum(line => line?.Price ?? 0)) * await rates.RateAsync("EUR");
            public Order? Largest(Order[] orders, CancellationToken cancellationToken) => orders.MaxBy(order => order.Count);
            public async ValueTask<Line?> FindAsync(Order order, string product)
            {
                await Task.Yield();
                Line? found = order.Lines.FirstOrDefault(line => line?.Product == product);
                await rates.LogAsync(found);
                return found is null ? null : await rates.AlternativeAsync(found);
            }

            public ValueTask ForgetAsync(Order order) => Hyperlight.Guest.Host.Get<IRates>().LogAsync(null);
            public async Task FailAsync(Order order)
            {
                await Task.Yield();
                await Task.WhenAll(order.Lines.Select(line => Task.Run(() => rates.Refuse(line!))));
            }
        }

        internal sealed class Rates : IRates
        {
            public static readonly List<string> Logged = [];
            public Task<decimal> RateAsync(string currency) => Task.FromResult(currency == "EUR" ? 2m : 0);
            public async ValueTask<Line?> AlternativeAsync(Line line)
            {
                await Task.Yield();
                return line.Count > 1 ? line with { Count = line.Count - 1 } : null;
            }

            public ValueTask LogAsync(Line? line)
            {
                Logged.Add($"{line?.Product ?? "nothing"}");
                return default;
            }

            public void Refuse(Line line) => throw new InvalidOperationException($"{line.Product} is refused");
        }

        internal class Derived : Order;

        public static class Test
        {
            private static readonly IOrders Calls = Connect();

            private static IOrders Connect()
            {
                new HostFunctions().Add(new Rates());
                return IOrders.For(new Sandbox());
            }

            public static string Sent => Text(Values());
            public static string Returned() => Text(Calls.Echo(Values().Item1, Values().Item2, Values().Item3, Values().Item4));
            public static decimal Total() =>
                Calls.TotalAsync([new() { Id = "a", Lines = [new("Tea", 1, 1.25m), null, new("Rum", 1, 1.75m)] }]).Result;
            public static string? Largest(bool any) => Calls.Largest(any ? [Values().Item1, new() { Id = "b" }] : [])?.Id;
            public static string Find(string product)
            {
                Rates.Logged.Clear();
                Line? found = Calls.FindAsync(new() { Id = "a", Lines = [new("Tea", 1, null), new("Rum", 3, 1m)] }, product).Result;
                Calls.ForgetAsync(new() { Id = "b" }).AsTask().Wait();
                return $"{found}; {string.Join(',', Rates.Logged)}";
            }

            public static void Fail() => Calls.FailAsync(new() { Id = "a", Lines = [new("Tea", 1, null)] }).GetAwaiter().GetResult();
            public static void SendDerived() => Calls.Largest([new Derived { Id = "c" }]);
            public static void SendNull() => Calls.Largest([new() { Id = null! }]);
            public static byte[] Request() { Returned(); return Sandbox.Request; }
            public static byte[] Serve(byte[] request) => Hyperlight.Guest.GuestFunctions.Invoke("Echo", request);
            public static void Receive(byte[] answer)
            {
                Sandbox.Change = _ => answer;
                try { Returned(); }
                catch (GuestProtocolException refused) when (refused.Message == "IOrders.Echo") { throw refused.InnerException!; }
                finally { Sandbox.Change = own => own; }
            }

            private static (Order, Numbers, Numbers, Times) Values() => (
                new()
                {
                    Id = "ä\0€😀",
                    Lines = [new("", -1, null), null, new("Tea", int.MaxValue, -79228162514264337593543950335m), new("x", 3, 1.50m)],
                    Places = new() { [""] = null, ["here"] = new(double.NaN, float.Epsilon) },
                    Sizes = [[], [Size.Small, Size.Large, (Size)7]],
                },
                new(false, 0, -128, short.MinValue, 0, int.MinValue, 0, long.MinValue, 0, '\0', float.NegativeInfinity, -0.0,
                    decimal.MinValue, []),
                new(true, 255, 127, short.MaxValue, 65535, int.MaxValue, uint.MaxValue, long.MaxValue, ulong.MaxValue, '\uD800', 1, 2,
                    decimal.MaxValue, [1, 2]),
                new(new DateTime(2026, 11, 29, 1, 2, 3, DateTimeKind.Utc), new(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(-14)),
                    TimeSpan.MinValue, DateOnly.MaxValue, TimeOnly.MaxValue, new Guid("00112233-4455-6677-8899-aabbccddeeff"),
                    DateTime.MinValue));

            private static string Text((Order Order, Numbers Low, Numbers High, Times Times) v) => string.Join("|",
                v.Order.Id, string.Join(";", v.Order.Lines.Select(line => $"{line}")),
                string.Join(";", v.Order.Places), string.Join(";", v.Order.Sizes.Select(list => string.Join(",", list))),
                v.Low, v.High, string.Join(",", v.High.N), v.Times, v.Times.A.Kind, (int)v.High.J);
        }
        """;
}
