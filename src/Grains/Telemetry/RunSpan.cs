using System.Diagnostics;
using AgentStream.Messages;
using AgentStream.Storage;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Telemetry;

/// <summary>The span of a run in this process, <c>invoke_agent</c>: from when it is accepted, recovered or continued to its end here.</summary>
internal sealed class RunSpan
{
    private readonly Activity _activity;
    private TokenUsage? _usage;

    private RunSpan(Activity activity) => _activity = activity;

    /// <summary>The span as the journal keeps it.</summary>
    public string? Traceparent => Spans.TraceparentOf(_activity);

    /// <summary>Starts the span of a new run.</summary>
    /// <param name="agent">The agent's name.</param>
    /// <param name="client">The model.</param>
    /// <param name="run">The run.</param>
    /// <param name="parent">The trace that the prompt came with, if that was earlier; null for the caller's.</param>
    /// <returns>The span; null when nobody listens.</returns>
    public static RunSpan? Start(string agent, IChatClient client, RunToken run, string? parent) => Spans.Source.HasListeners()
        ? Start(agent, client, run, Spans.Parse(parent) ?? Activity.Current?.Context ?? default, [])
        : null;

    /// <summary>Starts the span of a run that continues where another span broke off: in the same trace, with a link to that one, and to the caller's when that is in another.</summary>
    /// <param name="agent">The agent's name.</param>
    /// <param name="client">The model.</param>
    /// <param name="run">The run.</param>
    /// <param name="before">The span that broke off; null when it is not known.</param>
    /// <returns>The span; null when nobody listens.</returns>
    public static RunSpan? Continue(string agent, IChatClient client, RunToken run, string? before)
    {
        if (!Spans.Source.HasListeners())
        {
            return null;
        }

        if (Spans.Parse(before) is not { } broken)
        {
            return Start(agent, client, run, Activity.Current?.Context ?? default, []);
        }

        var caller = Activity.Current?.Context ?? default;
        return Start(agent, client, run, broken, caller == default || caller.TraceId == broken.TraceId ? [new(broken)] : [new(broken), new(caller)]);
    }

    /// <summary>What the caller does from here on is the run's.</summary>
    public void Enter() => Activity.Current = _activity;

    /// <summary>Counts what a call to the model took.</summary>
    public void Add(TokenUsage usage) => _usage = _usage.Plus(usage);

    /// <summary>Ends the span.</summary>
    /// <param name="outcome">How the run ended here: one of <see cref="RunOutcomes"/>.</param>
    /// <param name="reason">Why it failed; null when it did not.</param>
    /// <param name="description">What users are told of that.</param>
    public void End(string outcome, string? reason = null, string? description = null)
    {
        if (_activity.IsAllDataRequested)
        {
            _activity.SetTag(GenAI.Outcome, outcome);
            _activity.SetUsage(_usage);
            if (reason is not null)
            {
                _activity.Fail(reason, description);
            }
        }

        _activity.Dispose();
    }

    private static RunSpan? Start(string agent, IChatClient client, RunToken run, ActivityContext parent, ActivityLink[] links)
    {
        var model = client.GetService<ChatClientMetadata>();
        var tags = new TagList
        {
            { GenAI.Operation, GenAI.Operations.InvokeAgent },
            { GenAI.Agent, agent },
            { GenAI.Conversation, run.Key.Session },
            { GenAI.RunId, run.RunId },
        };
        if (model?.ProviderName is { } provider)
        {
            tags.Add(GenAI.Provider, provider);
        }

        if (model?.DefaultModelId is { } name)
        {
            tags.Add(GenAI.RequestModel, name);
        }

        // Whoever starts a run is not in it.
        var caller = Activity.Current;
        var activity = Spans.Source.StartActivity(Spans.Title(GenAI.Operations.InvokeAgent, agent), ActivityKind.Internal, parent, tags, links);
        Activity.Current = caller;
        return activity is null ? null : new RunSpan(activity);
    }
}
