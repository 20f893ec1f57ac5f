using AgentStream.Grains.Runs;

namespace AgentStream.Grains.Sessions;

/// <summary>A long history is read again when it is needed: a user with many of them would fill the memory with what nobody looks at.</summary>
internal sealed partial class SessionGrain
{
    // In memory it takes several times that, and to read it takes a fraction of what the model needs for it.
    private const long LargeSize = 4 << 20;

    // Taken apart and put together, a history takes many times its length. So large ones come in one after the other.
    private const int LargeImport = 1 << 20;

    private static readonly Slots LargeImports = new(1);

    private void LetGoOfLargeState()
    {
        if (_reading?.Size > LargeSize)
        {
            _reading = null;
        }

        if (_state.Size > LargeSize && _running.IsCompleted)
        {
            _state = new SessionState();
            _run = null;
        }
    }
}
