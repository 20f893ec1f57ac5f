using System.Diagnostics;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Telemetry;

/// <summary>A call to a model, as a span (<c>chat</c>) and in figures. What is said in it is in neither, unless somebody asked for it (<see cref="ContentCapture"/>).</summary>
internal sealed class ModelCall : IDisposable
{
    private readonly RunMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly RunSpan? _run;
    private readonly Activity? _span;
    private readonly long _start;
    private TagList _tags;
    private TokenUsage? _usage;
    private List<string>? _reasons;
    private List<ModelResponse>? _said;
    private long? _first;
    private long _last;
    private TimeSpan? _took;
    private bool _isFailed;

    private ModelCall(RunMetrics metrics, RunSpan? run, TimeProvider time, TagList tags, Activity? span) =>
        (_metrics, _run, _time, _tags, _span, _start) = (metrics, run, time, tags, span, time.GetTimestamp());

    /// <summary>A call begins.</summary>
    /// <param name="metrics">Takes the figures.</param>
    /// <param name="run">The run's span; null when nobody listens.</param>
    /// <param name="agent">The agent's name.</param>
    /// <param name="key">The session.</param>
    /// <param name="client">The model.</param>
    /// <param name="options">What it is asked with.</param>
    /// <param name="time">The clock of the figures.</param>
    /// <returns>The call; null when nobody listens, so that it costs a token no more than to see that.</returns>
    public static ModelCall? Start(RunMetrics metrics, RunSpan? run, string agent, SessionKey key, IChatClient client, ChatOptions options, TimeProvider time)
    {
        if (!metrics.HearsOfModels && !Spans.Source.HasListeners())
        {
            return null;
        }

        var known = client.GetService<ChatClientMetadata>();
        var tags = new TagList { { GenAI.Operation, GenAI.Operations.Chat } };
        if (known?.ProviderName is { } provider)
        {
            tags.Add(GenAI.Provider, provider);
        }

        var model = options.ModelId ?? known?.DefaultModelId;
        if (model is not null)
        {
            tags.Add(GenAI.RequestModel, model);
        }

        var span = !Spans.Source.HasListeners() ? null : Spans.Source.StartActivity(
            Spans.Title(GenAI.Operations.Chat, model), ActivityKind.Client, default(ActivityContext), [.. tags, new(GenAI.Agent, agent), new(GenAI.Conversation, key.Session)]);
        return span is null && !metrics.HearsOfModels ? null : new ModelCall(metrics, run, time, tags, span);
    }

    /// <summary>Has the span tell what is said, where it is to.</summary>
    /// <param name="content">Whether it is.</param>
    /// <param name="messages">What the model is asked.</param>
    /// <param name="options">And with what.</param>
    public void Capture(ContentCapture content, IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        if (content.IsOn && _span is { IsAllDataRequested: true })
        {
            _said = [];
            SpanContent.SetRequest(_span, messages, options);
        }
    }

    /// <summary>Something came.</summary>
    public void Hear() => _first ??= _time.GetTimestamp();

    /// <summary>All has come.</summary>
    public void Complete() => _took ??= _time.GetElapsedTime(_start, _last = _time.GetTimestamp());

    /// <summary>A response is complete. A client that makes calls by itself gives several in one call.</summary>
    public void Add(ModelResponse response)
    {
        if (response.Usage is { } usage)
        {
            _run?.Add(usage);
            _usage = _usage.Plus(usage);
        }

        if (_span is { IsAllDataRequested: true })
        {
            (_reasons ??= []).AddRange(response.FinishReason is { } reason ? [reason] : []);
            _said?.Add(response);
            _span.SetTag(GenAI.ResponseModel, response.ModelName).SetTag(GenAI.ResponseId, response.ProviderResponseId);
        }
    }

    /// <summary>The call failed, or was cut short.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="isStopped">Whether the run was stopped meanwhile: that is no failure of the call.</param>
    /// <param name="words">Says what may be said of an exception.</param>
    /// <returns>False, for a filter of exceptions.</returns>
    public bool Fail(Exception exception, bool isStopped, Func<Exception, string> words)
    {
        Complete();
        if (!isStopped && !_isFailed)
        {
            _isFailed = true;
            var type = Spans.TypeOf(exception);
            _tags.Add(GenAI.ErrorType, type);
            if (_span is { IsAllDataRequested: true })
            {
                _span.Fail(type, words(exception));
            }
        }

        return false;
    }

    /// <summary>Ends the span, and takes the figures down.</summary>
    public void Dispose()
    {
        Complete();
        _metrics.ModelCalled(_tags, _took!.Value, _usage);
        if (_first is { } first && !_isFailed)
        {
            _metrics.ModelSpoke(_tags, _time.GetElapsedTime(_start, first), _time.GetElapsedTime(first, _last), _usage);
        }

        if (_span is null)
        {
            return;
        }

        if (_span.IsAllDataRequested)
        {
            _span.SetUsage(_usage);
            if (_said is { Count: > 0 })
            {
                SpanContent.SetResponses(_span, _said);
            }

            if (_reasons is { Count: > 0 })
            {
                _span.SetTag(GenAI.FinishReasons, _reasons.ToArray());
            }
        }

        // What is done with the response after its end is not the model's time.
        _span.SetEndTime(_span.StartTimeUtc + _took.Value);
        _span.Dispose();
    }
}
