using System.Runtime.CompilerServices;
using AgentStream.Events;

namespace AgentStream;

/// <summary>What every <see cref="IAgentStreamClient"/> can do beyond its members.</summary>
public static class AgentStreamClientExtensions
{
    /// <summary>Goes through a user's sessions, live or not, page by page. A session that changes meanwhile may be missed, or come twice.</summary>
    /// <param name="client">The client.</param>
    /// <param name="user">The user.</param>
    /// <param name="query">Which sessions, how many with a call, and after which; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The sessions, those that last grew first.</returns>
    /// <inheritdoc cref="IAgentStreamClient.ListSessionsAsync(UserKey, SessionQuery, CancellationToken)" path="/exception"/>
    public static async IAsyncEnumerable<SessionSummary> EnumerateSessionsAsync(
        this IAgentStreamClient client, UserKey user, SessionQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        for (query ??= new(); ;)
        {
            var page = await client.ListSessionsAsync(user, query, cancellationToken).ConfigureAwait(false);
            foreach (var session in page.Sessions)
            {
                yield return session;
            }

            if (page.Next is null)
            {
                yield break;
            }

            query = query with { After = page.Next };
        }
    }

    /// <summary>Starts a run, follows it to its end, and answers with the text of its last node.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The session.</param>
    /// <param name="prompt">What the user says.</param>
    /// <param name="agent">The name of a registered agent; null is the one that was registered first.</param>
    /// <param name="cancellationToken">Ends the listening; a run that has started continues.</param>
    /// <returns>The answer; empty when the model said nothing.</returns>
    /// <inheritdoc cref="AskAsync(IAgentStreamClient, SessionKey, RunRequest, CancellationToken)" path="/exception"/>
    public static Task<string> AskAsync(this IAgentStreamClient client, SessionKey key, string prompt, string? agent = null, CancellationToken cancellationToken = default) =>
        client.AskAsync(key, new RunRequest(prompt, agent), cancellationToken);

    /// <summary>Starts a run, follows it to its end, and answers with the text of its last node.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The session.</param>
    /// <param name="request">What to run.</param>
    /// <param name="cancellationToken">Ends the listening; a run that has started continues.</param>
    /// <returns>The answer; empty when the model said nothing.</returns>
    /// <exception cref="RunPausedException">The run waits for somebody.</exception>
    /// <exception cref="RunCanceledException">The run was canceled.</exception>
    /// <exception cref="RunFailedException">The run ended without an answer, or its last events could not be had any more.</exception>
    /// <exception cref="InvalidInputException">The prompt is empty or too long.</exception>
    /// <exception cref="UnknownAgentException">No such agent is registered.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way, and the request does not want to wait for it or replace it; or that cannot be done.</exception>
    public static async Task<string> AskAsync(this IAgentStreamClient client, SessionKey key, RunRequest request, CancellationToken cancellationToken = default)
    {
        var transcript = new Transcript();
        await foreach (var item in client.AskStreamingAsync(key, request, cancellationToken).ConfigureAwait(false))
        {
            transcript.Apply(item);
        }

        transcript.End();
        return transcript.Outcome switch
        {
            RunOutcome.Answered => transcript.Answer,
            RunOutcome.Paused => throw new RunPausedException(key.ToString(), transcript.Requests),
            RunOutcome.Canceled => throw new RunCanceledException(key.ToString()),
            RunOutcome.Failed => throw new RunFailedException(key.ToString(), transcript.Error!, transcript.Reason, transcript.Reference),
            _ => throw new RunFailedException(key.ToString(), "its last events were gone before they were read"),
        };
    }

    /// <summary><see cref="IAgentStreamClient.StartAndListenAsync"/> with typed events.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The session.</param>
    /// <param name="request">What to run.</param>
    /// <param name="cancellationToken">Ends the listening; a run that has started continues.</param>
    /// <returns>The events, from <see cref="RunBegan"/> on.</returns>
    public static IAsyncEnumerable<AgentEvent> AskStreamingAsync(
        this IAgentStreamClient client, SessionKey key, RunRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return ReadAsync(client.StartAndListenAsync(key, request, cancellationToken), cancellationToken);
    }

    /// <summary><see cref="IAgentStreamClient.ListenRawAsync"/> with typed events.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The session.</param>
    /// <param name="after">Events behind this place; null for all of the current run.</param>
    /// <param name="cancellationToken">Ends the listening; the run continues.</param>
    /// <returns>The events. A <see cref="RunBegan"/> supersedes all before it.</returns>
    public static IAsyncEnumerable<AgentEvent> ListenAsync(
        this IAgentStreamClient client, SessionKey key, Cursor? after = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return ReadAsync(client.ListenRawAsync(key, after, cancellationToken), cancellationToken);
    }

    /// <summary>A session's history, as a transcript of all its runs.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The transcript, in which each node has its prompt; null when nobody has ever written to the session.</returns>
    public static async Task<Transcript?> GetHistoryAsync(this IAgentStreamClient client, SessionKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return await client.GetSessionAsync(key, cancellationToken).ConfigureAwait(false) is { } session ? Transcript.OfHistory(session) : null;
    }

    private static async IAsyncEnumerable<AgentEvent> ReadAsync(IAsyncEnumerable<StreamEntry> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in events.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return AgentEvent.Read(item);
        }
    }
}
