using System.Diagnostics.Metrics;
using AgentStream.Grains.Telemetry;
using AgentStream.Storage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Telemetry;

/// <summary>While nobody listens, nothing is made for a listener.</summary>
[Collection(Listening.Name)]
public sealed class SilenceTests
{
    private static readonly SessionKey Key = new(1, 1, "s1");

    [Fact]
    public void Without_a_listener_there_is_no_span_and_nothing_is_allocated()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var (metrics, options, token) = (new RunMetrics(services.GetRequiredService<IMeterFactory>()), new ChatOptions(), new RunToken(Key, "silo", "run"));
        using var client = new NamedModel();
        Func<Task<int>> append = () => Task.FromResult(1);
        Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Round();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            Assert.Null(Spans.Traceparent);
            Assert.Null(RunSpan.Start("agent", client, token, null));
            Assert.Null(RunSpan.Continue("agent", client, token, null));
            Assert.Null(ToolSpan.Start("tool", "c1", "agent", Key));
            Assert.Null(ModelCall.Start(metrics, null, "agent", Key, client, options, TimeProvider.System));
            Assert.Same(append, metrics.Timed(append, TimeProvider.System));
            metrics.Count("agent", RunOutcomes.Completed);
            metrics.Appended(1);
        }
    }
}
