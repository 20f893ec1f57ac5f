using AgentStream.Grains.Runs;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Sessions;

/// <summary>The history: shown, replaced by one from elsewhere, deleted.</summary>
internal sealed partial class SessionGrain
{
    async Task<SessionSnapshot?> ISessionGrain.GetAsync()
    {
        var state = StateForReading();
        await state.ReadAsync(journal, Key);
        var isLive = await environment.Store.IsLiveAsync(Key);
        return state.Version == 0 && !isLive
            ? null
            : new SessionSnapshot(
                state.Title,
                isLive,
                isLive ? null : state.LastError,
                ModelMessages.ToJson(state.Messages),
                await queue.CountAsync(Key),
                state is { LastRunId: { } runId, LastPrompt: { } prompt } ? new SessionRun(runId, prompt, await FindBeginAsync(runId)) { IsContinuation = state.Requests.LastAnsweringRunId == runId } : null,
                state.Requests.Open,
                [.. state.Requests.Rules])
            {
                Runs = state.Past.Messages(),
            };
    }

    async Task ISessionGrain.ImportMessagesAsync(byte[] messages)
    {
        var isLarge = messages.Length > LargeImport;
        using var slot = isLarge ? await LargeImports.TakeAsync() : null;
        var (isNew, title) = (false, "");

        // What is replaced need not be in memory beside what replaces it; and what is large not until somebody looks at it.
        await OwnAsync(() => isLarge ? new SessionState { HasImports = false } : StateForNewRun(), async (_, records) =>
        {
            await records.ReadNewsAsync();
            var state = records.History;
            isNew = state.IsEmpty;
            var (carried, name) = (state.CarryOver((await queue.ListAsync(Key)).Select(prompt => prompt.RunId)), state.Name);
            state.ForgetMessages();
            try
            {
                var imported = isLarge ? ModelMessages.FromLongJson(messages) : ModelMessages.FromJson(messages);
                title = name?.Title ?? JournaledSession.TitleOf(ModelMessages.GetUserPrompt(imported));
                await records.AddAsync(
                    now =>
                    [
                        new ImportedRecord(imported) { Timestamp = now, Replaced = state.Version, Size = messages.Length },
                        new CarriedOverRecord(carried) { Timestamp = now, Schedules = state.Schedules.CarryOverKeys() },
                        .. NameRecords(name, now),
                        .. state.Schedules.CarryOver(now),
                    ],
                    environment.Options.Limits);
            }
            catch
            {
                _state = new SessionState();
                throw;
            }

            _state = isLarge ? new SessionState() : _state;
            environment.Metrics.Sessions.SetWaits(Key, false);
        });
        environment.Tell(Key, isNew ? SessionEventKind.Created : SessionEventKind.Renamed, title);
    }

    // Nothing is read: what cannot be read must go, too.
    async Task ISessionGrain.DeleteAsync()
    {
        await OwnAsync(StateForNewRun, async (run, records) =>
        {
            await queue.ClearAsync(run);
            environment.Metrics.Sessions.SetQueued(Key, 0);
            await records.DeleteAsync();
            environment.Metrics.Sessions.SetWaits(Key, false);
            await timers.RemoveAsync(run);
            _state = new SessionState();
            ForgetTitle();
        });
        environment.Tell(Key, SessionEventKind.Deleted);
    }

    private async Task<Cursor?> FindBeginAsync(string runId) =>
        await environment.Store.FindRunAsync(Key) is { } known && known.Run.RunId == runId ? known.Begin : null;
}
