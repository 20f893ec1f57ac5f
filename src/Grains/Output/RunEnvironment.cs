using AgentStream.Background;
using AgentStream.Grains.Telemetry;
using AgentStream.Logs;
using AgentStream.Storage;
using AgentStream.Storage.Ownership;
using AgentStream.Storage.Sessions;
using AgentStream.Storage.Tailing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Output;

/// <summary>What every run needs of its silo.</summary>
internal sealed class RunEnvironment(
    IStreamStore store,
    StreamHub hub,
    SiloIdentity silo,
    RunRegistry owned,
    IOptions<AgentStreamOptions> options,
    IOptions<StorageOptions> storage,
    TimeProvider time,
    ILoggerFactory loggers,
    IServiceProvider services)
{
    private static readonly Patience Patience = new(TimeSpan.FromMilliseconds(500));

    public IStreamStore Store => store;

    public StreamHub Hub => hub;

    public SiloIdentity Silo => silo;

    public RunRegistry Owned => owned;

    public AgentStreamOptions Options => options.Value;

    /// <summary>How long the silo owns its runs without renewing.</summary>
    public TimeSpan Lease => storage.Value.Lease;

    /// <summary>Who writes <c>begin</c> and <c>end</c>.</summary>
    public string RuntimeOrigin => storage.Value.RuntimeOrigin;

    public TimeProvider Time => time;

    public IServiceProvider Services => services;

    /// <summary>Where runs work, and not in the turns of whoever started them: the thread pool. A simulation puts one here that lets it decide what happens next.</summary>
    public TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Hears of what goes wrong in runs.</summary>
    public ILogger Logger { get; } = loggers.CreateLogger("AgentStream.Run").Safe();

    /// <summary>Hears of sessions that are free; null in a program without actors, which has no queue.</summary>
    public ISessionWaker? Waker => field ??= services.GetService<IGrainFactory>() is null ? null : services.GetService<ISessionWaker>();

    private ISessionEvents? Events => field ??= services.GetService<ISessionEvents>();

    /// <summary>Says what went wrong in runs.</summary>
    public ErrorWords Words => field ??= ErrorWords.For(Options, services.GetService<IHostEnvironment>());

    /// <summary>Says why runs failed.</summary>
    public RunErrors Errors => field ??= new(Words, Logger);

    /// <summary>What is measured of runs.</summary>
    public RunMetrics Metrics => field ??= services.GetService<RunMetrics>() ?? RunMetrics.None;

    /// <summary>Whether spans have what was said.</summary>
    public ContentCapture Content => field ??= ContentCapture.Of(services);

    /// <summary>Tells those who watch the user's sessions.</summary>
    public void Tell(SessionKey key, SessionEventKind kind, string? title = null) => Events?.Publish(new SessionEvent(kind, key, time.GetUtcNow(), title));

    /// <summary>Asks a log or a journal again and again while it is away: a run does not end because they were.</summary>
    public Task<T> PatientlyAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken) => Patience.AskAsync(ask, time, cancellationToken);

    /// <summary>Asks a log or a journal again and again while it is away.</summary>
    public Task PatientlyAsync(Func<Task> ask, CancellationToken cancellationToken) => Patience.AskAsync(ask, time, cancellationToken);

    /// <summary>Does something beside the caller, on <see cref="Scheduler"/>.</summary>
    public Task<T> Beside<T>(Func<Task<T>> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();

    /// <summary>Does something beside the caller, on <see cref="Scheduler"/>.</summary>
    public Task Beside(Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();

    /// <summary>Does something beside the caller, on <see cref="Scheduler"/>.</summary>
    public Task Beside(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler);
}
