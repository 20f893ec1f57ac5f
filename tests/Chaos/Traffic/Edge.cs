using System.Globalization;
using System.Net;
using System.Text.Json;

namespace AgentStream.Chaos;

/// <summary>The silos as a client behind a load balancer sees them: each call goes to any one that serves.</summary>
internal sealed class Edge(Stage stage) : IDisposable
{
    private static readonly TimeSpan UntilAnswered = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(3), PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Asks one silo to start a run. The answer's headers are there; its body is the run's events.</summary>
    /// <exception cref="HttpRequestException">Nobody answered; whether the run has started is not known.</exception>
    public Task<HttpResponseMessage> StartAsync(Visitor visitor, string session, string prompt, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "chat", visitor.User, cancellationToken, JsonContent.Create(new { prompt, session_id = session }));

    /// <summary>Asks one silo to start a run by a request that may have been sent before.</summary>
    /// <exception cref="HttpRequestException">Nobody answered; whether the run has started is not known.</exception>
    public Task<HttpResponseMessage> StartAsync(int user, HttpContent body, string idempotencyKey, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "chat", user, cancellationToken, body, idempotencyKey: idempotencyKey);

    /// <summary>Asks one silo to follow a session, behind a cursor if there is one.</summary>
    /// <exception cref="HttpRequestException">Nobody answered.</exception>
    public Task<HttpResponseMessage> FollowAsync(Visitor visitor, string session, string? after, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"chat/{session}/stream", visitor.User, cancellationToken, after: after);

    /// <summary>Cancels a session's run.</summary>
    /// <returns>The answer; null when there was none, and whether it was canceled is not known.</returns>
    public async Task<bool?> CancelAsync(Visitor visitor, string session, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await SendAsync(HttpMethod.Post, $"chat/{session}/cancel", visitor.User, cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK
                ? (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("cancelled").GetBoolean()
                : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Asks until there is an answer that is no 5xx.</summary>
    /// <returns>The status and the body.</returns>
    public async Task<(HttpStatusCode Status, string Body)> AskAsync(
        HttpMethod method, string path, int user, CancellationToken cancellationToken, Func<HttpContent>? newBody = null)
    {
        while (true)
        {
            try
            {
                using var answer = await SendAsync(method, path, user, cancellationToken, newBody?.Invoke());
                if (answer.StatusCode < HttpStatusCode.InternalServerError)
                {
                    return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
                }
            }
            catch (HttpRequestException)
            {
                // Another one.
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, int user, CancellationToken cancellationToken, HttpContent? content = null, string? after = null, string? idempotencyKey = null)
    {
        var serving = stage.Members.Select(member => member.Url).OfType<Uri>().ToArray();
        if (serving.Length == 0)
        {
            throw new HttpRequestException("No silo serves.");
        }

        using var request = new HttpRequestMessage(method, new Uri(serving[Random.Shared.Next(serving.Length)], path)) { Content = content };
        request.Headers.Add(SiloProgram.UserHeader, user.ToString(CultureInfo.InvariantCulture));
        if (after is not null)
        {
            request.Headers.Add("Last-Event-ID", after);
        }

        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(UntilAnswered);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException("No answer within 30 s.");
        }
    }
}
