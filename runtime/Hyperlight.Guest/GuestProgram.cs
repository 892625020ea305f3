using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>The start of a guest. Generated code adds what has to run then.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class GuestProgram
{
    private static readonly List<Action> Starts = [];

    /// <summary>Adds an action that runs when the guest starts, before the first call.</summary>
    /// <param name="start">The action.</param>
    public static void OnStart(Action start) => Starts.Add(start);

    /// <summary>Adds the object that <see cref="Host.Get"/> returns. A second object for the same interface is ignored.</summary>
    /// <typeparam name="T">The host interface.</typeparam>
    /// <param name="proxy">The object, which calls the host.</param>
    public static void AddHostInterface<T>(T proxy)
        where T : class => HostProxy<T>.Instance ??= proxy;

    /// <summary>Starts the guest. The kit calls it when the .NET runtime is ready. A failure aborts the guest with its text.</summary>
    [UnmanagedCallersOnly(EntryPoint = "hl_managed_main", CallConvs = [typeof(CallConvCdecl)])]
    private static int Start()
    {
        try
        {
            AbsentLibraries.Explain();
            foreach (Action start in Starts)
            {
                start();
            }
        }
        catch (Exception exception)
        {
            fixed (byte* text = CText.Of(FailureText.Of(exception)))
            {
                GuestAbi.Abort(GuestException.Failed, text);
            }
        }

        return 0;
    }
}
