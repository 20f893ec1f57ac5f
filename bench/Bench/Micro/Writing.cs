using AgentStream.Bench.Stages;
using AgentStream.Grains.Output;
using AgentStream.Storage;
using AgentStream.Storage.Redis;
using BenchmarkDotNet.Attributes;
using StackExchange.Redis;

namespace AgentStream.Bench.Micro;

/// <summary>From a token to the arguments of the append script.</summary>
public class Writing
{
    private const int Batch = 256;

    private readonly NewEntry[] _events =
        [.. Enumerable.Repeat(new NewEntry(Protocol.Event, Protocol.DefaultEventOrigin, EntryBodies.PartDelta(0, 0, Protocol.Parts.Text, TokenPlan.Token)), Batch)];

    private readonly RedisValue[] _leading = ["silo", "run", 1, "channel"];

    /// <summary>The JSON of a token's event.</summary>
    [Benchmark(Description = "body of a token's event")]
    public ReadOnlyMemory<byte> Body() => EntryBodies.PartDelta(0, 0, Protocol.Parts.Text, TokenPlan.Token);

    /// <summary>The script's arguments, for each of 256 events.</summary>
    [Benchmark(Description = "arguments of the append script, for each event", OperationsPerInvoke = Batch)]
    public object Arguments() => RedisEntries.Arguments(_leading, _events);
}
