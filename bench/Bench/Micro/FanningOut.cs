using AgentStream.Bench.Stages;
using AgentStream.Grains.Output;
using AgentStream.Storage;
using AgentStream.Storage.Tailing;
using BenchmarkDotNet.Attributes;

namespace AgentStream.Bench.Micro;

/// <summary>From the log in memory through the hub to 100 listeners.</summary>
public class FanningOut
{
    private const int Batch = 256;
    private const int Listeners = 100;

    private readonly NewEntry[] _events =
        [.. Enumerable.Repeat(new NewEntry(Protocol.Event, Protocol.DefaultEventOrigin, EntryBodies.PartDelta(0, 0, Protocol.Parts.Text, TokenPlan.Token)), Batch)];

    private readonly SemaphoreSlim _heard = new(0);
    private LocalSilo? _silo;
    private IStreamStore? _log;
    private RunToken? _run;
    private long _number;

    /// <summary>Starts a run and its listeners.</summary>
    [GlobalSetup]
    public async Task SetUp()
    {
        // Without agents, it takes nobody's runs over: this one has no process.
        _silo = await LocalSilo.StartAsync(redis: null, "bench", hasAgent: false);
        _log = _silo.Services.GetRequiredService<IStreamStore>();
        var hub = _silo.Services.GetRequiredService<StreamHub>();
        _run = new RunToken(new SessionKey(1, 1, "s"), "nobody", "run");
        await _log.StartAsync(_run);
        for (var i = 0; i < Listeners; i++)
        {
            _ = ListenAsync(hub, _run.Key);
        }

        await HeardAsync();
    }

    /// <summary>Ends the run.</summary>
    [GlobalCleanup]
    public async Task CleanUp()
    {
        await _log!.FinishAsync(_run!, ++_number, [], TimeSpan.Zero);
        await _silo!.DisposeAsync();
    }

    /// <summary>A batch is appended, and every listener gets it.</summary>
    [Benchmark(Description = "hub, an event to each of 100 listeners, for each", OperationsPerInvoke = Batch * Listeners)]
    public async Task FanOut()
    {
        await _log!.AppendAsync(_run!, ++_number, _events);
        await HeardAsync();
    }

    private async Task ListenAsync(StreamHub hub, SessionKey key)
    {
        // The first is `begin`.
        var heard = Batch - 1;
        await foreach (var _ in hub.ListenAsync(key))
        {
            if (++heard % Batch == 0)
            {
                _heard.Release();
            }
        }
    }

    private async Task HeardAsync()
    {
        for (var i = 0; i < Listeners; i++)
        {
            await _heard.WaitAsync();
        }
    }
}
