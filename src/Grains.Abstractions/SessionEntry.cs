namespace AgentStream;

/// <summary>
/// An event of a session, as a subscriber to the session's Orleans stream gets it. An event may come more than once; cursors tell: those of a session only grow.
/// </summary>
/// <param name="Session">The session.</param>
/// <param name="Cursor">The event's place in the session's stream.</param>
/// <param name="Type">One of <see cref="Protocol.Begin"/>, <see cref="Protocol.Event"/>, <see cref="Protocol.Error"/>, <see cref="Protocol.Info"/>, <see cref="Protocol.End"/>.</param>
/// <param name="Origin">Who wrote it.</param>
/// <param name="Body">The body, JSON as UTF-8; empty where the event has none.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.SessionEvent")]
public sealed record SessionEntry(
    [property: Id(0)] SessionKey Session, [property: Id(1)] Cursor Cursor, [property: Id(2)] string Type, [property: Id(3)] string Origin, [property: Id(4)] byte[] Body);

/// <summary>
/// Where the events of sessions are found, when <see cref="AgentStreamOptions.MirrorToStreams"/> is on: the stream of a session has
/// <see cref="SessionKey.ToString"/> as its key, and so has the grain that <c>[ImplicitStreamSubscription(SessionStreams.Namespace)]</c> subscribes to it.
/// </summary>
public static class SessionStreams
{
    /// <summary>The name of the stream provider.</summary>
    public const string ProviderName = "AgentStream";

    /// <summary>The streams' namespace.</summary>
    public const string Namespace = "AgentStream";
}
