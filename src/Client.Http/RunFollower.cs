using System.Net;
using System.Runtime.CompilerServices;

namespace AgentStream.Client.Http;

/// <summary>Follows a session over as many connections as it takes. It only ever asks for what there is: nothing here starts a run.</summary>
/// <param name="routes">The server.</param>
/// <param name="key">The session.</param>
/// <param name="options">How patient to be.</param>
/// <param name="time">The clock.</param>
/// <param name="runId">The run to follow, which may have to wait for its turn; null or empty for the session, whatever its run.</param>
/// <param name="isOfSession">Whether to follow the session over its runs.</param>
internal sealed class RunFollower(RoutesClient routes, SessionKey key, AgentStreamHttpClientOptions options, TimeProvider time, string? runId = null, bool isOfSession = false)
{
    private readonly string _path = $"/{Uri.EscapeDataString(key.Session)}/stream";
    private readonly string _query = string.IsNullOrEmpty(runId) ? "" : $"?run={Uri.EscapeDataString(runId)}";
    private long _lastHeard = time.GetTimestamp();
    private int _failures;

    /// <summary>Follows the session to its run's end, or over its runs.</summary>
    /// <param name="first">A response with events that is there already; null to ask for one.</param>
    /// <param name="after">Events behind this place; null for all of the current run.</param>
    /// <param name="cancellationToken">Ends the listening.</param>
    /// <returns>The events, each once and in order; <c>end</c> only over runs.</returns>
    public async IAsyncEnumerable<StreamEntry> FollowAsync(
        HttpResponseMessage? first, Cursor? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (cursor, hasBegun, isOver) = (after, false, false);
        while (true)
        {
            var response = first ?? await ConnectAsync(cursor, cancellationToken).ConfigureAwait(false);
            first = null;
            if (response is null)
            {
                yield break;
            }

            await using var events = await EventResponse.OpenAsync(response, options.IdleTimeout, time, cancellationToken).ConfigureAwait(false);
            var gotSome = false;
            while (await events.ReadAsync().ConfigureAwait(false) is { } item)
            {
                // A server that said that the run is over, and then tells of another: that one is not ours to follow.
                if (!isOfSession && (item.IsEnd || isOver && item.IsBegin))
                {
                    yield break;
                }

                // What comes from the journal stands behind one place of the stream.
                if (item.Cursor <= (item.Cursor.IsReplayed ? cursor : cursor?.InStream))
                {
                    continue;
                }

                (cursor, hasBegun, isOver, gotSome, _failures) = (item.Cursor, true, false, true, 0);
                yield return item;
            }

            // A response is complete at the run's end and only then; but something on its way may have cut it in good order. Only 204 (or another run) is sure.
            isOver |= hasBegun && events.Broken is null;
            _lastHeard = Math.Max(_lastHeard, events.LastHeard);
            if (!gotSome || events.Broken is not null)
            {
                await WaitAsync(events.Broken, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Asks for the events behind a cursor until there is an answer. Null: there is nothing to follow.</summary>
    private async Task<HttpResponseMessage?> ConnectAsync(Cursor? cursor, CancellationToken cancellationToken)
    {
        while (true)
        {
            Exception? failure;
            try
            {
                var response = await routes.SendAsync(HttpMethod.Get, AddressBehind(cursor), content: null, cursor, cancellationToken: cancellationToken).ConfigureAwait(false);
                if (response.StatusCode == HttpStatusCode.OK && RoutesClient.IsEventStream(response))
                {
                    return response;
                }

                using (response)
                {
                    if (response.StatusCode == HttpStatusCode.NoContent)
                    {
                        return null;
                    }

                    failure = response.IsSuccessStatusCode
                        ? new ServerRefusedException(response.StatusCode, "there are no AgentStream routes at this address")
                        : (await Problem.ReadAsync(response, cancellationToken).ConfigureAwait(false)).ToException(response, key.ToString());
                    if (!IsPassing(response.StatusCode))
                    {
                        throw failure;
                    }
                }
            }
            catch (ServerUnreachableException e)
            {
                failure = e;
            }

            await WaitAsync(failure, cancellationToken).ConfigureAwait(false);
        }
    }

    private string AddressBehind(Cursor? cursor) => isOfSession ? $"{_path}?follow=true" : cursor is null ? _path + _query : _path;

    /// <summary>Waits before the next try, or gives up.</summary>
    private async Task WaitAsync(Exception? failure, CancellationToken cancellationToken)
    {
        var wait = Backoff.After(++_failures);
        var silence = time.GetElapsedTime(_lastHeard);
        if (failure is not null && options.ReconnectTimeout != Timeout.InfiniteTimeSpan && silence + wait > options.ReconnectTimeout)
        {
            throw failure is StorageUnavailableException
                ? failure
                : new ServerUnreachableException($"Listening to session {key} gave up: nothing was heard of the server for {silence.TotalSeconds:0} s. {failure.Message}", failure);
        }

        await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsPassing(HttpStatusCode status) => (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;
}
