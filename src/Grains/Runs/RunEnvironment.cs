using AgentStream.EventLog;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Runs;

/// <summary>What every run needs of its silo.</summary>
internal sealed class RunEnvironment(
    IEventLog log,
    EventHub hub,
    SiloIdentity silo,
    OwnedRuns owned,
    IOptions<AgentStreamOptions> options,
    TimeProvider time,
    ILoggerFactory loggers,
    IServiceProvider services)
{
    public IEventLog Log => log;

    public EventHub Hub => hub;

    public SiloIdentity Silo => silo;

    public OwnedRuns Owned => owned;

    public AgentStreamOptions Options => options.Value;

    public TimeProvider Time => time;

    public IServiceProvider Services => services;

    /// <summary>Hears of what goes wrong in runs.</summary>
    public ILogger Logger { get; } = loggers.CreateLogger("AgentStream.Run");
}
