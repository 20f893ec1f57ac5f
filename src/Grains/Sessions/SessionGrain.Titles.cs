using AgentStream.Grains.Output;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Sessions;

/// <summary>The title of a session: a user gives it, or the agent's model does.</summary>
internal sealed partial class SessionGrain
{
    // A model is asked once in an activation. Its title waits here until the journal has it; where that is lost with the process, the next run's end asks again.
    private object _conversation = new();
    private bool _isTitleAsked;
    private string? _generated;

    /// <summary>
    /// A run that is under way here owns the journal, so the title goes there between what the run has to say. That is a call of its own: no other run can begin in this grain before it is done, and fold
    /// the journal into the same state.
    /// </summary>
    async Task<bool> ISessionGrain.RenameAsync(string title)
    {
        var name = SessionTitleRules.Trim(title);
        var isKnown = await RenameAsync(name);
        if (isKnown)
        {
            environment.Tell(Key, SessionEventKind.Renamed, name);
        }

        return isKnown;
    }

    private async Task<bool> RenameAsync(string name)
    {
        if (LiveRun is { } run && await run.RenameAsync(now => new RenamedRecord(name) { Timestamp = now }))
        {
            return true;
        }

        // A session that does not exist gets no stream.
        var state = StateForAnswers();
        if (await state.ReadAsync(journal, Key) == 0 && !await environment.Store.IsLiveAsync(Key))
        {
            return false;
        }

        var isKnown = false;
        await ChangeAsync(async (_, records) =>
        {
            if (isKnown = records.History.Version > 0)
            {
                await records.AddAsync(now => [new RenamedRecord(name) { Timestamp = now }], environment.Options.Limits);
            }
        });
        return isKnown;
    }

    /// <summary>The title that a session keeps when its history is replaced.</summary>
    private static JournalRecord[] NameRecords(RenamedRecord? name, DateTimeOffset now) => name is null ? [] : [name with { Timestamp = now, Size = 0 }];

    /// <summary>A run has ended: if its agent gives titles, the session may get one. In turns of their own, since the next call may be under way.</summary>
    private void LookForTitle()
    {
        if (_run is { Agent: { GeneratesTitles: true } agent })
        {
            InTurn(() => _generated is null ? AskForTitleAsync(agent) : KeepTitleAsync(), _generated is null ? TimeSpan.Zero : environment.Options.GracePeriod);
        }
    }

    private void ForgetTitle() => (_conversation, _isTitleAsked, _generated) = (new(), false, null);

    /// <summary>The model is asked beside the grain's turns. A session that is busy by now is looked at again when that run has ended.</summary>
    private async Task AskForTitleAsync(Agent agent)
    {
        if (_isTitleAsked || LiveRun is not null || runs.IsStopping)
        {
            return;
        }

        var state = StateForAnswers();
        await state.ReadAsync(journal, Key);
        if (state is { Name: null, LastError: null, Unfinished: null, Requests.Open.Count: 0 } && state.Messages.OfType<ModelResponse>().FirstOrDefault(response => TextOf(response).Length > 0) is { } answer)
        {
            _isTitleAsked = true;
            _ = WriteTitleAsync(agent, state.Title, TextOf(answer));
        }
    }

    private async Task WriteTitleAsync(Agent agent, string prompt, string answer)
    {
        var asked = _conversation;
        var title = await environment.Beside(() => titles.WriteAsync(agent, Key, prompt, answer, lifetime.ApplicationStopping));
        if (title is not null && ReferenceEquals(asked, _conversation))
        {
            // To journal it takes a run that says nothing, and the stream of the last one would have to make way: so it waits until that has expired.
            _generated = title;
            InTurn(KeepTitleAsync, environment.Options.GracePeriod);
        }
    }

    /// <summary>Journals the model's title, unless the user has given one. While the session is busy elsewhere it waits for the next end of a run.</summary>
    private async Task KeepTitleAsync()
    {
        if (_generated is not { } title || runs.IsStopping)
        {
            return;
        }

        try
        {
            var isNeeded = false;
            if (LiveRun is { } run)
            {
                isNeeded = !run.IsNamed;
                if (isNeeded && !await run.RenameAsync(Record))
                {
                    return;
                }
            }
            else
            {
                await ChangeAsync(async (_, records) =>
                {
                    isNeeded = records.History is { Version: > 0, Name: null };
                    if (isNeeded)
                    {
                        await records.AddAsync(now => [Record(now)], environment.Options.Limits);
                    }
                });
            }

            _generated = null;
            if (isNeeded)
            {
                environment.Tell(Key, SessionEventKind.Renamed, title);
            }
            else
            {
                environment.Logger.TitleNotNeeded(Key);
            }
        }
        catch (SessionBusyException)
        {
            // It is tried again after the next run of this grain.
            environment.Logger.TitleWaits(Key);
        }
        catch (Exception e)
        {
            _generated = e is StorageUnavailableException ? title : null;
            environment.Logger.TitleNotKept(e, Key);
        }

        RenamedRecord Record(DateTimeOffset now) => new(title) { Timestamp = now, IsGenerated = true };
    }

    /// <summary>Does something when no call is under way.</summary>
    private void InTurn(Func<Task> work, TimeSpan after)
    {
        IGrainTimer? timer = null;
        timer = this.RegisterGrainTimer(
            () =>
            {
                timer?.Dispose();
                return work();
            },
            new GrainTimerCreationOptions(after, Timeout.InfiniteTimeSpan));
    }

    private static string TextOf(ModelResponse response) => string.Concat(response.Parts.OfType<TextPart>().Select(part => part.Content));
}
