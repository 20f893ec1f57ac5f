using System.Diagnostics.Metrics;
using AgentStream.Storage.Tailing;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Storage.Redis;

/// <summary>Shows how many listeners this process has, in a silo and in a program that only serves them.</summary>
internal sealed class ListenerMetrics(StreamHub hub, IMeterFactory meters) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create("AgentStream");
        meter.CreateObservableUpDownCounter("agentstream.listeners", () => hub.ActiveListeners, "{listener}", "Streams that are open.");
        meter.CreateObservableUpDownCounter("agentstream.streams.followed", () => hub.ActiveFeeds, "{stream}", "Sessions that have listeners.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
