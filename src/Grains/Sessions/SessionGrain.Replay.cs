using AgentStream.Grains.Runs;

namespace AgentStream.Grains.Sessions;

/// <summary>What a reader has missed who comes back late.</summary>
internal sealed partial class SessionGrain
{
    async Task<ReplayedRun?> ISessionGrain.ReplayAsync(Cursor after, Cursor? before, int node, int shown)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfNegative(shown);
        var state = StateForReading();
        await state.ReadAsync(journal, Key);
        return state.Past.FindUnread(after.InStream, before) is { } run ? await new RunReplay(environment, run, Key, after, shown).ShowAsync(state.Messages, node) : null;
    }
}
