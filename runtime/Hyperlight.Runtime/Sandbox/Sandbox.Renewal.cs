namespace Hyperlight;

// How a pool takes a sandbox back.
public sealed partial class Sandbox
{
    /// <summary>Disposes this object, and gives all that it has to a new one that nobody else knows.</summary>
    /// <returns>
    /// The new sandbox, in the state this one had; or null when a call is running, which is stopped and then frees the sandbox, or when it is disposed.
    /// </returns>
    internal Sandbox? Renew()
    {
        // From here on no call gets in through the old gate, and none is inside.
        if (!_gate.Close())
        {
            return null;
        }

        _gate.Dispose();
        Sandbox renewed = (Sandbox)MemberwiseClone();
        renewed._gate = new(_machine, _settings.Watchdog);
        Array.Clear(_received);
        return renewed;
    }
}
