using System.Collections.Concurrent;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Grains.Queue;
using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Queue;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Tests.Queue;

/// <summary>A look for prompts that nothing started: what it asks of whom.</summary>
public sealed class ForgottenPromptsTests
{
    private static readonly TimeSpan LongerThanAGrainIsWaitedFor = TimeSpan.FromSeconds(2);

    private readonly QueueStage _stage = new();
    private readonly InMemoryPromptQueue _queue = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentDictionary<string, Func<Task>> _answers = new();

    [Fact]
    public async Task A_prompt_that_its_process_left_is_started_by_a_look()
    {
        await using var silos = await _stage.StartAsync(null, new ScriptedModel([Step.Say("one")]));
        var key = TestSilos.NewSession();
        var runId = await QueueStage.QueueAsync(silos, key, "left");
        await QueueStage.LookAsync(silos);
        await QueueStage.EndedAsync(silos, key, runId);
    }

    [Fact]
    public async Task A_grain_that_throws_and_one_that_does_not_answer_stop_no_other()
    {
        await using var silos = await _stage.StartAsync(null, new ScriptedModel());
        using var service = ServiceOf(silos);
        await QueueAsync("throws", "silent", "away", "good");
        var silent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _answers["throws"] = () => throw new InvalidOperationException("no");
        _answers["silent"] = () => silent.Task;
        _answers["away"] = () => Task.FromException(new TimeoutException("no answer"));

        var look = service.LookAsync(CancellationToken.None);
        await Wait.Until(() => _asked.Count == 4, "all to be asked, while one is silent");
        Assert.False(look.IsCompleted);
        await LetPassAsync(look);

        // The next look asks the others again, as soon as it is known that they have answered, and does not pile up calls to the one that owes an answer.
        await Wait.Until(
            async () =>
            {
                await service.LookAsync(CancellationToken.None);
                return _asked.Where(session => session != "silent").GroupBy(session => session).All(asked => asked.Count() > 1);
            },
            "the others to be asked again");
        Assert.Single(_asked, "silent");
        silent.SetResult();
        await Wait.Until(
            async () =>
            {
                await service.LookAsync(CancellationToken.None);
                return _asked.Count(session => session == "silent") == 2;
            },
            "the silent one to be asked again when it has answered");
    }

    [Fact]
    public async Task A_session_whose_run_is_live_costs_no_grain_call()
    {
        await using var silos = await _stage.StartAsync(null, new ScriptedModel());
        using var service = ServiceOf(silos);
        await QueueAsync("live", "ended", "free");
        var log = silos.Services.GetRequiredService<IStreamStore>();
        await log.StartAsync(new RunToken(Key("live"), "silo", "run"));
        var ended = new RunToken(Key("ended"), "silo", "run");
        await log.StartAsync(ended);
        await log.FinishAsync(ended, 1, [], TimeSpan.FromMinutes(1));

        await service.LookAsync(CancellationToken.None);

        Assert.Equal(["ended", "free"], _asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_look_has_a_bound_and_every_user_is_in_it()
    {
        await using var silos = await _stage.StartAsync(null, new ScriptedModel());
        using var service = ServiceOf(silos);
        await QueueAsync([.. Enumerable.Range(0, 3_000).Select(i => $"s{i}")]);
        await _queue.AddAsync(new SessionKey("1", "other", "only"), Prompt);
        for (var look = 1; look <= 3; look++)
        {
            await service.LookAsync(CancellationToken.None);
            Assert.InRange(_asked.Count, 1, look * PromptQueueService.Share);
            Assert.Equal(look, _asked.Count(session => session == "only"));
        }
    }

    private static QueuedPrompt Prompt { get; } = new("run", "scripted", "go", DateTimeOffset.UnixEpoch);

    private static SessionKey Key(string session) => new("1", "many", session);

    private async Task QueueAsync(params string[] sessions)
    {
        foreach (var session in sessions)
        {
            await _queue.AddAsync(Key(session), Prompt);
        }
    }

    private async Task LetPassAsync(Task look)
    {
        await Wait.Until(() =>
        {
            // The wait for the answer may not have begun.
            _stage.Time.Advance(LongerThanAGrainIsWaitedFor);
            return look.IsCompleted;
        });
        await look;
    }

    /// <summary>The service with sessions that the test answers for.</summary>
    private PromptQueueService ServiceOf(TestSilos silos)
    {
        var grains = Stub.Of<IGrainFactory>((_, args) =>
        {
            var session = SessionKey.Parse((string)args[0]!).Session;
            return Stub.Of<ISessionGrain>((called, _) =>
            {
                Assert.Equal(nameof(ISessionGrain.StartWaitingAsync), called.Name);
                _asked.Enqueue(session);
                return _answers.TryGetValue(session, out var answer) ? answer() : Task.CompletedTask;
            });
        });
        var services = new ServiceCollection().AddSingleton(grains).BuildServiceProvider();
        var environment = ActivatorUtilities.CreateInstance<RunEnvironment>(silos.Services, _stage.Time, (IServiceProvider)services);
        return new(
            environment,
            _queue,
            silos.Services.GetRequiredService<AgentCatalog>(),
            silos.Services.GetRequiredService<RunHost>(),
            silos.Services.GetRequiredService<IHostApplicationLifetime>());
    }
}
