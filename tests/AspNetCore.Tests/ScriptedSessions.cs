using System.Collections.Concurrent;
using System.Text;
using AgentStream.Storage;
using AgentStream.TestTools;

namespace AgentStream.AspNetCore.Tests;

/// <summary>Sessions without agents: a start takes the session in the stream store, and the test says what happens then.</summary>
internal sealed class ScriptedSessions(IStreamStore log)
{
    private readonly ConcurrentDictionary<SessionKey, Run> _runs = new();

    /// <summary>What reached the sessions, in order.</summary>
    public ConcurrentQueue<(SessionKey Key, RunRequest Request)> Starts { get; } = new();

    /// <summary>What the registry was asked, in order.</summary>
    public ConcurrentQueue<(string User, bool IncludeForeign)> Queries { get; } = new();

    /// <summary>Runs before a session starts; an exception is the session's answer.</summary>
    public Func<Task> BeforeStart { get; set; } = () => Task.CompletedTask;

    /// <summary>Runs before the sessions of other libraries are listed.</summary>
    public Func<Task> BeforeForeign { get; set; } = () => Task.CompletedTask;

    public IGrainFactory CreateFactory() => Stub.Of<IGrainFactory>((method, args) =>
    {
        var key = (string)args[0]!;
        return method.GetGenericArguments()[0] == typeof(ISessionGrain)
            ? Stub.Of<ISessionGrain>((called, call) => called.Name switch
            {
                // The runs are the store's alone.
                nameof(ISessionGrain.GetLiveRunIdAsync) => Task.FromResult<string?>(null),
                nameof(ISessionGrain.ReplayAsync) => Task.FromResult<ReplayedRun?>(null),
                nameof(ISessionGrain.StartAsync) => StartAsync(SessionKey.Parse(key), (RunRequest)call[0]!),
                nameof(ISessionGrain.RenameAsync) => Task.FromResult(true),
                _ => throw new NotSupportedException(called.Name),
            })
            : Stub.Of<IRegistryGrain>((called, call) => called.Name == nameof(IRegistryGrain.GetLiveSessionsAsync)
                ? GetLiveSessionsAsync(key, (bool)call[0]!)
                : Task.FromException<SessionPage>(new NotSupportedException("These sessions have no journal.")));
    });

    /// <summary>A run's next event.</summary>
    public Task<RunStatus> AppendAsync(SessionKey key, string body, string type = Protocol.Event, string origin = Protocol.DefaultEventOrigin) =>
        AppendAsync(key, [new NewEntry(type, origin, Encoding.UTF8.GetBytes(body))]);

    public async Task<RunStatus> AppendAsync(SessionKey key, IReadOnlyList<NewEntry> events)
    {
        var run = _runs[key];
        return (await log.AppendAsync(run.Token, ++run.Appends, events)).Status;
    }

    public async Task FinishAsync(SessionKey key)
    {
        var run = _runs[key];
        await log.FinishAsync(run.Token, ++run.Appends, [], TimeSpan.FromMinutes(1));
    }

    public async Task<StartedRun> StartAsync(SessionKey key, RunRequest request)
    {
        Starts.Enqueue((key, request));
        await BeforeStart();
        var run = new RunToken(key, "scripted", Guid.NewGuid().ToString());
        var begin = await log.StartAsync(run);
        _runs[key] = new Run(run);
        return new StartedRun(run.RunId, begin);
    }

    private async Task<SessionKey[]> GetLiveSessionsAsync(string user, bool includeExternal)
    {
        Queries.Enqueue((user, includeExternal));
        await (includeExternal ? BeforeForeign() : Task.CompletedTask);
        return [.. await log.GetLiveSessionsAsync(UserKey.Parse(user), includeExternal)];
    }

    private sealed class Run(RunToken token)
    {
        public RunToken Token => token;

        public long Appends { get; set; }
    }
}
