using System.Text.Json;

namespace AgentStream.Events;

/// <summary>What a run's stream says, typed. The kinds are those of this namespace and no others; what none of them fits is an <see cref="UnknownEvent"/>.</summary>
public abstract record AgentEvent
{
    private protected AgentEvent(StreamEntry source) => Source = source;

    /// <summary>The event as it stands in the stream, with its cursor.</summary>
    public StreamEntry Source { get; }

    /// <summary>Reads an event's wire form.</summary>
    /// <param name="source">The event, from either library.</param>
    /// <returns>The typed event; an <see cref="UnknownEvent"/> when its kind is not known, or lacks what that kind has.</returns>
    public static AgentEvent Read(StreamEntry source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return AgentEventReader.Read(source);
    }
}

/// <summary>A run has begun. It supersedes all before it.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="SessionId">The session's id.</param>
public sealed record RunBegan(StreamEntry Source, string SessionId) : AgentEvent(Source);

/// <summary>The run is over. Clients do not give this event: their enumerations complete instead.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
public sealed record RunEnded(StreamEntry Source) : AgentEvent(Source);

/// <summary>Something the agent's developer wants to say, or the runtime (<c>{"msg":"resumed","idx":n}</c>).</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Body">What is said: any JSON.</param>
public record InfoAdded(StreamEntry Source, JsonElement Body) : AgentEvent(Source)
{
    /// <summary>The <c>msg</c> of the body; null when it has none.</summary>
    public string? Message => AgentEventReader.Message(Body);
}

/// <summary>Something went wrong. The runtime's own are the last of their run: <c>canceled</c> and <c>crashed - ...</c>.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
/// <param name="Body">What is said: any JSON.</param>
public sealed record ErrorAdded(StreamEntry Source, JsonElement Body) : AgentEvent(Source)
{
    /// <summary>The <c>msg</c> of the body; null when it has none.</summary>
    public string? Message => AgentEventReader.Message(Body);

    /// <summary>Whether this says that the run was canceled.</summary>
    public bool IsCanceled => Message == Protocol.CanceledMessage;

    /// <summary>Whether this says that the run crashed.</summary>
    public bool IsCrashed => Message?.StartsWith(Protocol.CrashedPrefix, StringComparison.Ordinal) == true;

    /// <summary>Why the run crashed, in one word: one of <see cref="FailureReasons"/>. Null when the body does not say.</summary>
    public string? Reason => AgentEventReader.Text(Body, Protocol.Fields.Reason);

    /// <summary>By what the server's log names the failure; null when the body does not say.</summary>
    public string? Reference => AgentEventReader.Text(Body, Protocol.Fields.Reference);
}

/// <summary>An event of a kind that this version does not know. It is kept as it is, for others to read.</summary>
/// <param name="Source">The event as it stands in the stream.</param>
public sealed record UnknownEvent(StreamEntry Source) : AgentEvent(Source);
