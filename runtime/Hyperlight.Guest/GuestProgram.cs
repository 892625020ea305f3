using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
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
            fixed (byte* text = Encoding.UTF8.GetBytes(GuestFailure.Text(exception) + "\0"))
            {
                GuestAbi.Abort(GuestException.Failed, text);
            }
        }

        return 0;
    }
}
