using System.Net;
using System.Net.ServerSentEvents;

namespace AgentStream.Chaos;

/// <summary>
/// Listens to a run until its end as a browser's EventSource does: a connection that breaks, or on which there is not even a keep-alive, is followed by another, to any silo, behind the last
/// cursor.
/// </summary>
internal sealed class Listener(Edge edge, Visitor visitor, string session, Figures figures, FaultLog faults)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WorthTelling = TimeSpan.FromMilliseconds(500);

    /// <summary>Listens.</summary>
    /// <param name="listener">What the transcript calls it.</param>
    /// <param name="first">A response that has begun; null to connect.</param>
    /// <param name="leaves">After how many frames it breaks off by itself, once, and comes back.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Transcript> ListenAsync(string listener, HttpResponseMessage? first, int? leaves, CancellationToken cancellationToken)
    {
        var transcript = new Transcript(listener);
        var heard = DateTime.UtcNow;
        try
        {
            for (var response = first; ; response = null)
            {
                try
                {
                    using var following = response ?? await edge.FollowAsync(visitor, session, transcript.Last, cancellationToken);
                    if (following.StatusCode == HttpStatusCode.NoContent)
                    {
                        return transcript;
                    }

                    if (following.StatusCode == HttpStatusCode.OK)
                    {
                        using var body = new PatientBody(await following.Content.ReadAsStreamAsync(cancellationToken));
                        await foreach (var frame in SseParser.Create(body).EnumerateAsync(cancellationToken))
                        {
                            Hear(ref heard);
                            transcript.Frames.Add((frame.EventId!, frame.Data));
                            if (transcript.Frames.Count == leaves)
                            {
                                throw new IOException("It leaves.");
                            }
                        }

                        Hear(ref heard);
                        transcript.IsComplete = true;
                        return transcript;
                    }
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    // Again, elsewhere.
                }

                transcript.Reconnects++;
                await Task.Delay(Pause, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return transcript;
        }
    }

    private void Hear(ref DateTime heard)
    {
        var now = DateTime.UtcNow;
        if (now - heard > WorthTelling)
        {
            figures.Silence(now - heard, faults.During(heard, now));
        }

        heard = now;
    }
}
