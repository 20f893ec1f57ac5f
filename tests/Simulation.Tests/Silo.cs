using AgentStream.Grains.Agents;
using AgentStream.Grains.Output;
using AgentStream.Grains.Queue;
using AgentStream.Grains.Recovery;
using AgentStream.Grains.Runs;
using AgentStream.Grains.Sessions;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Ownership;
using AgentStream.Storage.Tailing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Simulation.Tests;

/// <summary>A process with the real machinery of runs: what the host's services and the session grain do by themselves, it does when the schedule says so.</summary>
internal sealed class Silo : IHostApplicationLifetime
{
    private static readonly IServiceProvider Services = new ServiceCollection().AddSingleton<ToolProviders>().BuildServiceProvider();

    private readonly World _world;
    private readonly SiloIdentity _identity = new();
    private readonly RunRegistry _owned = new(NullLogger<RunRegistry>.Instance);
    private readonly RunEnvironment _environment;
    private readonly AgentCatalog _agents;
    private readonly SiloJournal _journal;
    private readonly RunHost _runs;
    private readonly RunFactory _factory;
    private readonly OrphanWatch _orphans;
    private readonly SessionAnswers _answers;
    private readonly CancellationTokenSource _stopping = new();
    private bool _isLooking;

    public Silo(World world, string name)
    {
        (_world, Name, Log, _journal) = (world, name, new(world, this), new(world, this));
        _environment = new(
            Log,
            new StreamHub(Log, TimeProvider.System, NullLogger<StreamHub>.Instance),
            _identity,
            _owned,
            Options.Create(world.Options),
            Options.Create(world.Storage),
            Clock,
            NullLoggerFactory.Instance,
            Services)
        { Scheduler = world.Pump };
        _agents = new([new("simulated", agent => agent.UseChatClient(_ => new Model(world, this)).WithTool(new Tool(world, this)).WithTool(new ApprovalRequiredAIFunction(new GatedTool(world, this))))], Services);
        _runs = new(_environment, [], this);
        _ = _runs.StartAsync(CancellationToken.None);
        _factory = new(_environment, _journal);
        var queue = new InMemoryPromptQueue();
        var queued = new QueuedRuns(_environment, _journal, _agents, queue, _factory);
        var recovery = new RunRecovery(_environment, _journal, _agents, _factory, _runs, queue, queued, new DeferredRuns(_environment.Time));
        _answers = new(_environment, _agents, _factory, new BusySessionPolicy(_environment, queue));
        _orphans = new(_environment, _journal, _agents, new LocalRecovery(recovery, _runs), this);
    }

    public string Name { get; }

    public string Id => _identity.Id;

    public SiloStore Log { get; }

    public JumpingClock Clock { get; } = new();

    public bool IsDead { get; set; }

    public bool IsPaused { get; set; }

    /// <summary>Whether it was told to stop: it hands its runs off.</summary>
    public bool IsStopping => _runs.IsStopping;

    public bool IsAwake => !IsDead && !IsPaused;

    public bool IsIdle => _runs.Count == 0 && _owned.Count == 0 && !_isLooking;

    CancellationToken IHostApplicationLifetime.ApplicationStarted => CancellationToken.None;

    CancellationToken IHostApplicationLifetime.ApplicationStopping => _stopping.Token;

    CancellationToken IHostApplicationLifetime.ApplicationStopped => CancellationToken.None;

    void IHostApplicationLifetime.StopApplication() => _stopping.Cancel();

    /// <summary>As the host stops: runs leave at their next safe place.</summary>
    public void Stop() => _world.Pump.Post(_stopping.Cancel);

    /// <summary>As the session grain accepts a prompt.</summary>
    public void Prompt(SessionKey key, string prompt) => Do(async () =>
    {
        var handle = await RunHandle.StartAsync(_environment, key);
        var run = _factory.NewRun(_agents.Get(null), new SessionState(), handle);
        await run.AcceptAsync(prompt);
        _world.Book.Accepted(handle.Token);
        _ = _runs.Go(run);
    });

    /// <summary>As the session grain takes an answer.</summary>
    public void Answer(SessionKey key, ApprovalAnswer answer) => Do(async () =>
    {
        try
        {
            var state = new SessionState();
            await state.ReadAsync(_journal, key);
            var (receipt, run) = await _answers.TakeAsync(key, state, answer);
            _world.Book.Answered(key, answer, receipt);
            if (run is not null)
            {
                _ = _runs.Go(run);
            }
        }
        catch (Exception refusal) when (refusal is UnknownRequestException or RequestAnsweredException)
        {
            _world.Book.AnswerRefused(key, answer, refusal);
        }
    });

    /// <summary>As the session grain deletes a session.</summary>
    public void Delete(SessionKey key) => Do(async () =>
    {
        var handle = await RunHandle.StartAsync(_environment, key);
        try
        {
            await _factory.NewJournal(new SessionState(), handle).DeleteAsync();
        }
        finally
        {
            await handle.FinishAsync(error: null);
        }
    });

    public void Renew() => Do(() => Log.RenewLeaseAsync(Id, _world.Storage.Lease));

    /// <summary>As the service that looks for orphaned runs does: one look at a time.</summary>
    public void Look()
    {
        if (!_isLooking)
        {
            _isLooking = true;
            Do(async () =>
            {
                try
                {
                    await _orphans.LookAsync(CancellationToken.None);
                }
                finally
                {
                    _isLooking = false;
                }
            });
        }
    }

    /// <summary>As the keeper of the lease asks how the runs stand.</summary>
    public void Check() => Do(async () =>
    {
        var runs = _owned.GetRuns();
        if (runs.Length > 0)
        {
            // In an order that does not depend on the ids, which are random.
            runs = [.. runs.OrderBy(_world.Book.Name, StringComparer.Ordinal)];
            var statuses = await Log.CheckAsync(runs);
            for (var i = 0; i < runs.Length; i++)
            {
                _owned.Tell(runs[i], statuses[i]);
            }
        }
    });

    /// <summary>The silo hears of a cancel.</summary>
    public void Hear(RunToken canceled) => _world.Pump.Post(() => _owned.Tell(canceled, RunStatus.Canceled));

    private void Do(Func<Task> work) => _world.Do(Name, work);
}
