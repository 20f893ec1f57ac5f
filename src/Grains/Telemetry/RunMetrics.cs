using System.Diagnostics;
using System.Diagnostics.Metrics;
using AgentStream.Messages;

namespace AgentStream.Grains.Telemetry;

/// <summary>What is measured of runs. No tag names a session or a user.</summary>
internal sealed class RunMetrics
{
    private readonly Histogram<long> _tokens;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstChunk;
    private readonly Histogram<double> _perToken;
    private readonly Histogram<double> _append;
    private readonly Histogram<long> _size;
    private readonly Counter<long> _runs;
    private readonly Counter<long> _entries;
    private readonly Counter<long> _outages;
    private readonly Meter _meter;
    private int _live;
    private int _isOut;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Makes the meter, and disposes of it.</param>
    public RunMetrics(IMeterFactory meters)
        : this(meters.Create(Spans.Name))
    {
    }

    private RunMetrics(Meter meter)
    {
        _meter = meter;
        _tokens = meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.", null, Buckets<long>(
            1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864));
        _duration = meter.CreateHistogram("gen_ai.client.operation.duration", "s", "Duration of a call to a model, to the end of its response.", null, Buckets(
            0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92));
        _firstChunk = meter.CreateHistogram("gen_ai.client.operation.time_to_first_chunk", "s", "Time to the first piece of a model's response.", null, Buckets(
            0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0));
        _perToken = meter.CreateHistogram("agentstream.model.time_per_output_token", "s", "Mean time per output token of a response, after the first.", null, Buckets(
            0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5));
        _append = meter.CreateHistogram("agentstream.store.append.duration", "s", "Duration of an append to the stream store.", null, Buckets(
            0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0));
        _size = meter.CreateHistogram("agentstream.session.size", "By", "Size of a session's journal at the end of a run.", null, Buckets<long>(
            1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864, 268435456));
        _runs = meter.CreateCounter<long>("agentstream.runs", "{run}", "Runs, by what became of them.");
        _entries = meter.CreateCounter<long>("agentstream.entries", "{entry}", "Entries appended to streams.");
        _outages = meter.CreateCounter<long>("agentstream.store.outages", "{outage}", "Times that the stream store went out of reach of runs.");
        meter.CreateObservableUpDownCounter("agentstream.runs.live", () => Volatile.Read(ref _live), "{run}", "Runs under way in this process.");
        meter.CreateObservableUpDownCounter("agentstream.runs.waiting", () => Sessions.WaitingRuns, "{run}", "Runs that wait for somebody, in sessions whose grains are in this process.");
        meter.CreateObservableUpDownCounter("agentstream.prompts.queued", () => Sessions.QueuedPrompts, "{prompt}", "Prompts that are queued for sessions whose grains are in this process.");
    }

    /// <summary>Takes nothing down, in a program that has no meters.</summary>
    public static RunMetrics None { get; } = new(new Meter($"{Spans.Name}.None"));

    /// <summary>Whether somebody listens to what is measured of models.</summary>
    public bool HearsOfModels => _tokens.Enabled || _duration.Enabled || _firstChunk.Enabled || _perToken.Enabled;

    /// <summary>What waits in this process.</summary>
    public WaitingSessions Sessions { get; } = new();

    /// <summary>Shows how old the oldest orphan is, in a process that looks for them.</summary>
    public void ShowOrphans(Func<TimeSpan> oldest) =>
        _meter.CreateObservableGauge("agentstream.runs.orphaned.age", () => oldest().TotalSeconds, "s", "How long the oldest orphaned run has been found by this process, and not recovered.");

    /// <summary>A run works from here on.</summary>
    public void RunBegan(string agent, string how)
    {
        Interlocked.Increment(ref _live);
        Count(agent, how);
    }

    /// <summary>It does not any more.</summary>
    public void RunEnded(string agent, string outcome, string? reason)
    {
        Interlocked.Decrement(ref _live);
        Count(agent, outcome, reason);
    }

    /// <summary>Counts a run that did not work, or does not any more.</summary>
    /// <param name="agent">The agent's name, as it is registered.</param>
    /// <param name="outcome">One of <see cref="RunOutcomes"/>.</param>
    /// <param name="reason">One of <see cref="FailureReasons"/>; null for one that did not fail.</param>
    public void Count(string agent, string outcome, string? reason = null)
    {
        if (!_runs.Enabled)
        {
            return;
        }

        var tags = new TagList { { GenAI.Agent, agent }, { GenAI.Outcome, outcome } };
        if (reason is not null)
        {
            tags.Add(GenAI.ErrorType, reason);
        }

        _runs.Add(1, tags);
    }

    /// <summary>A run has left a journal of so many bytes.</summary>
    public void SessionGrew(long bytes) => _size.Record(bytes);

    /// <summary>A call to a model is over.</summary>
    public void ModelCalled(in TagList tags, TimeSpan took, TokenUsage? usage)
    {
        _duration.Record(took.TotalSeconds, tags);
        if (usage is not null && _tokens.Enabled)
        {
            _tokens.Record(usage.InputTokens, [.. tags, new(GenAI.TokenType, "input")]);
            _tokens.Record(usage.OutputTokens, [.. tags, new(GenAI.TokenType, "output")]);
        }
    }

    /// <summary>A call to a model gave a response.</summary>
    public void ModelSpoke(in TagList tags, TimeSpan first, TimeSpan rest, TokenUsage? usage)
    {
        _firstChunk.Record(first.TotalSeconds, tags);
        if (usage is { OutputTokens: > 1 })
        {
            _perToken.Record(rest.TotalSeconds / (usage.OutputTokens - 1), tags);
        }
    }

    /// <summary>Measures an append, if somebody listens.</summary>
    public Func<Task<T>> Timed<T>(Func<Task<T>> append, TimeProvider time) => _append.Enabled ? TimedBy(append, time) : append;

    /// <summary>Entries are in the store.</summary>
    public void Appended(int entries)
    {
        _entries.Add(entries);
        StoreAnswered();
    }

    /// <summary>The store is out of reach. It counts once until it answers again.</summary>
    public void StoreFailed()
    {
        if (Interlocked.Exchange(ref _isOut, 1) == 0)
        {
            _outages.Add(1);
        }
    }

    private Func<Task<T>> TimedBy<T>(Func<Task<T>> append, TimeProvider time) => async () =>
    {
        var start = time.GetTimestamp();
        string? error = null;
        try
        {
            return await append();
        }
        catch (Exception e)
        {
            error = Spans.TypeOf(e);
            throw;
        }
        finally
        {
            _append.Record(time.GetElapsedTime(start).TotalSeconds, error is null ? [] : [new(GenAI.ErrorType, error)]);
        }
    };

    private void StoreAnswered()
    {
        if (Volatile.Read(ref _isOut) == 1)
        {
            Volatile.Write(ref _isOut, 0);
        }
    }

    private static InstrumentAdvice<T> Buckets<T>(params T[] bounds)
        where T : struct => new() { HistogramBucketBoundaries = bounds };

    private static InstrumentAdvice<double> Buckets(params double[] bounds) => Buckets<double>(bounds);
}
