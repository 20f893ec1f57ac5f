using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Telemetry;

/// <summary>What is measured of runs, in figures of one silo.</summary>
[Collection(Listening.Name)]
public sealed partial class MetricTests
{
    private readonly ConcurrentQueue<(string Name, string Tags, double Value)> _figures = [];

    [Fact]
    public async Task Runs_requests_tokens_and_entries_are_counted_and_no_tag_names_a_session()
    {
        var (gate, key) = (new Gate(), TestSilos.NewSession());
        await using var silos = await TestSilos.StartAsync(null, new NamedModel([new Step.Pause(gate), Step.Say("one "), Step.Say("two"), NamedModel.Usage(10, 3)], [new Step.Fail("no")]));
        using var listener = Listen(silos);
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.Equal(1, Observed(listener, "agentstream.runs.live"));
        gate.Open();
        await Wait.Until(() => Of("agentstream.runs").Count == 2, "the first run is counted");
        await silos.RunAsync(key);
        await Wait.Until(() => Of("agentstream.runs").Count == 4, "both runs are counted");

        Assert.Equal(0, Observed(listener, "agentstream.runs.live"));
        Assert.Equal(
            [
                "gen_ai.agent.name=scripted agentstream.run.outcome=started 1",
                "gen_ai.agent.name=scripted agentstream.run.outcome=completed 1",
                "gen_ai.agent.name=scripted agentstream.run.outcome=started 1",
                "gen_ai.agent.name=scripted agentstream.run.outcome=crashed error.type=model_failed 1",
            ],
            Of("agentstream.runs"));
        const string Model = "gen_ai.operation.name=chat gen_ai.provider.name=acme gen_ai.request.model=acme-1";
        Assert.Equal([$"{Model} gen_ai.token.type=input 10", $"{Model} gen_ai.token.type=output 3"], Of("gen_ai.client.token.usage"));
        Assert.Equal([Model, $"{Model} error.type=System.InvalidOperationException"], TagsOf("gen_ai.client.operation.duration"));
        Assert.Equal([Model], TagsOf("gen_ai.client.operation.time_to_first_chunk"));
        Assert.Equal([Model], TagsOf("agentstream.model.time_per_output_token"));
        Assert.NotEmpty(TagsOf("agentstream.store.append.duration"));
        Assert.True(_figures.Where(figure => figure.Name == "agentstream.entries").Sum(figure => figure.Value) >= 6);
        Assert.All(_figures, figure => Assert.DoesNotContain(key.Session, figure.Tags, StringComparison.Ordinal));
        Assert.Empty(Of("agentstream.store.outages"));
    }

    [Fact]
    public async Task A_store_that_is_away_is_one_outage_however_often_it_is_tried()
    {
        await using var silos = await TestSilos.StartAsync(null, new NamedModel());
        using var listener = Listen(silos);
        var metrics = silos.Services.GetRequiredService<Grains.Telemetry.RunMetrics>();
        metrics.StoreFailed();
        metrics.StoreFailed();
        metrics.Appended(1);
        metrics.StoreFailed();
        Assert.Equal([" 1", " 1"], Of("agentstream.store.outages"));
    }

    [Fact]
    public async Task Listeners_are_counted_while_they_are_there()
    {
        var (gate, key) = (new Gate(), TestSilos.NewSession());
        await using var silos = await TestSilos.StartAsync(null, new NamedModel([new Step.Pause(gate), Step.Say("one")]));
        using var listener = Listen(silos);
        Assert.Equal(0, Observed(listener, "agentstream.listeners"));
        await silos.Client.StartAsync(key, new RunRequest("go"));
        var listening = silos.TranscriptAsync(key);
        await Wait.Until(() => Observed(listener, "agentstream.listeners") == 1, "a listener is counted");
        gate.Open();
        await listening;
        Assert.Equal(0, Observed(listener, "agentstream.listeners"));
    }

    /// <summary>Listens to the meters of one silo: those of other tests are made by other factories.</summary>
    private MeterListener Listen(TestSilos silos)
    {
        var factory = silos.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "AgentStream" && instrument.Meter.Scope == factory)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.Start();
        return listener;
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _figures.Enqueue((instrument.Name, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")), value));

    private double Observed(MeterListener listener, string name)
    {
        listener.RecordObservableInstruments();
        return _figures.Last(figure => figure.Name == name).Value;
    }

    private List<string> Of(string name) => [.. _figures.Where(figure => figure.Name == name).Select(figure => $"{figure.Tags} {figure.Value.ToString(CultureInfo.InvariantCulture)}")];

    private List<string> TagsOf(string name) => [.. _figures.Where(figure => figure.Name == name).Select(figure => figure.Tags)];
}
