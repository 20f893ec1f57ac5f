using AgentStream.Bench.Stages;
using BenchmarkDotNet.Attributes;

namespace AgentStream.Bench.Micro;

/// <summary>A call of a grain in the same process that has next to nothing to do.</summary>
public class Calling
{
    private LocalSilo? _silo;
    private IRegistryGrain? _grain;

    /// <summary>Starts a silo.</summary>
    [GlobalSetup]
    public async Task SetUp()
    {
        _silo = await LocalSilo.StartAsync(redis: null, "bench");
        _grain = _silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IRegistryGrain>(new UserKey(1, 1).ToString());
    }

    /// <summary>Stops the silo.</summary>
    [GlobalCleanup]
    public async Task CleanUp() => await _silo!.DisposeAsync();

    /// <summary>Calls and waits for the answer.</summary>
    [Benchmark(Description = "grain call, a user without live sessions")]
    public Task<SessionKey[]> Call() => _grain!.GetLiveSessionsAsync();
}
