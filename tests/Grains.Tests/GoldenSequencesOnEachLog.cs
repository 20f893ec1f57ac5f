using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>The golden sequences on the memory log.</summary>
public sealed class GoldenSequencesInMemory : GoldenSequences
{
    protected override string? Redis => null;
}

/// <summary>The golden sequences on a real Redis.</summary>
public sealed class GoldenSequencesInRedis(RedisFixture redis) : GoldenSequences, IClassFixture<RedisFixture>
{
    protected override string? Redis => redis.Server.Configuration;

    [Fact]
    public async Task What_stands_in_Redis_is_the_protocols_to_the_letter()
    {
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(Redis, new ScriptedModel([Step.Say("Hi"), new Step.Pause(gate), Step.Say(" \"Ann\"\n")]));
        using var raw = await redis.Server.ConnectAsync();
        var key = TestSilos.NewSession();
        var stream = $"{silos.Prefix}:1:1:{key.Session}";

        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.Equal(1, await raw.NumberAsync("EXISTS", $"{stream}:live"));
        Assert.Equal(-1, await raw.NumberAsync("PTTL", stream));
        gate.Open();
        await silos.TranscriptAsync(key);

        Assert.Equal(
            [
                $$"""type=begin origin=pydantic-ai-stream body={"session_id":"{{key.Session}}"}""",
                """type=event origin=pydantic-ai body={"idx":0,"event":"llm-begin"}""",
                """type=event origin=pydantic-ai body={"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"Hi"}""",
                """type=event origin=pydantic-ai body={"idx":0,"event":"answer"}""",
                """type=event origin=pydantic-ai body={"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":" \"Ann\"\n"}""",
                """type=event origin=pydantic-ai body={"idx":0,"event":"llm-end"}""",
                "type=end origin=pydantic-ai-stream",
            ],
            (await raw.EntriesAsync(stream)).Select(entry => entry.Fields));
        Assert.Equal(0, await raw.NumberAsync("EXISTS", $"{stream}:live"));
        Assert.InRange(await raw.NumberAsync("PTTL", stream), 1, (long)silos.Services.GetRequiredService<IOptions<AgentStreamOptions>>().Value.GracePeriod.TotalMilliseconds);
    }
}
