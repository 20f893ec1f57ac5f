using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Threading.Channels;
using AgentStream.AspNetCore.Sse;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary>How far listeners are behind, as a figure.</summary>
public sealed class ReaderLagTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<double> _lags = [];

    [Fact]
    public async Task A_flush_is_measured_by_its_last_entry_if_that_came_while_the_listener_was_there()
    {
        using var services = new ServiceCollection().AddMetrics().AddSingleton<SseMetrics>().BuildServiceProvider();
        using var listener = Listen(services);
        var (pipe, events) = (new Pipe(new PipeOptions(pauseWriterThreshold: 0)), Channel.CreateUnbounded<StreamEntry>());
        var lag = services.GetRequiredService<SseMetrics>().Follow(_time);
        var writing = new SseWriter(pipe.Writer, _time, EventFrames.Instance, lag).WriteAsync(events.Reader.ReadAllAsync, CancellationToken.None);

        // It was there before the listener.
        events.Writer.TryWrite(Entry(-5000));
        await ReadAsync(pipe);
        _time.Advance(TimeSpan.FromSeconds(10));
        events.Writer.TryWrite(Entry(-250));
        await ReadAsync(pipe);

        // The store's clock may be ahead, and what comes from the journal was not appended just now.
        events.Writer.TryWrite(Entry(+40));
        await ReadAsync(pipe);
        events.Writer.TryWrite(Entry(-100, uint.MaxValue + 1UL));
        await ReadAsync(pipe);
        events.Writer.Complete();
        await writing.Within();

        Assert.Equal([0.25, 0], _lags);
    }

    [Fact]
    public void Without_a_listener_nothing_is_measured()
    {
        using var services = new ServiceCollection().AddMetrics().AddSingleton<SseMetrics>().BuildServiceProvider();
        Assert.Null(services.GetRequiredService<SseMetrics>().Follow(_time));
    }

    [Fact]
    public async Task A_response_of_a_program_is_measured()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var listener = Listen(app.Services);
        using var http = WholeProgram.NewClient(app);
        using var reader = new SseReader(await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt = "greet" })));

        // The listener is there, and what comes now has a later time.
        Assert.NotNull(await reader.NextAsync());
        var there = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        SpinWait.SpinUntil(() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() > there);
        model.Continue.SetResult();
        while (await reader.NextAsync() is not null)
        {
        }

        await Wait.Until(() => _lags.Count > 0, "a flush is measured");
        Assert.All(_lags, lag => Assert.InRange(lag, 0, 60));
    }

    private StreamEntry Entry(int milliseconds, ulong sequence = 0) =>
        new(new Cursor((ulong)(_time.GetUtcNow().ToUnixTimeMilliseconds() + milliseconds), sequence), "event", "test", "{}"u8.ToArray());

    private static async Task ReadAsync(Pipe pipe)
    {
        var read = await pipe.Reader.ReadAsync().AsTask().Within();
        pipe.Reader.AdvanceTo(read.Buffer.End);
    }

    private MeterListener Listen(IServiceProvider services)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "agentstream.listener.lag" && instrument.Meter.Scope == factory)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => _lags.Add(value));
        listener.Start();
        services.GetRequiredService<SseMetrics>();
        return listener;
    }
}
