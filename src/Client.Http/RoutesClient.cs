using System.Net;
using System.Net.Http.Headers;

namespace AgentStream.Client.Http;

/// <summary>Sends requests to the routes, and turns what goes wrong into exceptions that callers know.</summary>
/// <param name="http">Sends the requests.</param>
/// <param name="address">Where the routes stand.</param>
/// <param name="patience">How long the server may take to begin an answer.</param>
/// <param name="time">The clock.</param>
internal sealed class RoutesClient(HttpClient http, Uri address, TimeSpan patience, TimeProvider time) : IDisposable
{
    private const string EventStream = "text/event-stream";

    private readonly string _root = address.AbsoluteUri.TrimEnd('/');

    // Without a user and a password, which an address may have.
    private readonly string _shown = address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');

    /// <summary>Sends a request and answers as soon as the answer's headers are there, whatever it is.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the routes, with its slash; empty for the routes' own.</param>
    /// <param name="content">The body; null for none.</param>
    /// <param name="after">The cursor behind which to follow; null for none.</param>
    /// <param name="idempotencyKey">By which the request is known when it is sent again; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServerUnreachableException">There is no answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, Cursor? after = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(method, _root + path) { Content = content };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(EventStream));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (after is { } cursor)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", cursor.ToString());
        }

        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        }

        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new ServerUnreachableException($"{method} {_shown}{path} had no answer: {(e is OperationCanceledException ? "it took too long" : e.Message)}", e);
        }
    }

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the routes.</param>
    /// <param name="session">The session that the request is about; empty for none.</param>
    /// <param name="content">The body; null for none.</param>
    /// <param name="request">The request that is answered; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="look">Looks at an answer that is a success; null for none.</param>
    /// <returns>The answer's body; null for a 404 that names no field.</returns>
    public async Task<byte[]?> CallAsync(
        HttpMethod method, string path, string session, HttpContent? content, string? request, CancellationToken cancellationToken, Action<HttpResponseMessage>? look = null)
    {
        using var response = await SendAsync(method, path, content, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            var problem = await Problem.ReadAsync(response, cancellationToken).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.NotFound && IsProblem(response) && problem.Errors is null
                ? null
                : throw problem.ToException(response, session, request: request);
        }

        look?.Invoke(response);
        return await ReadAsync(method, path, response, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads an answer that is a success.</summary>
    /// <param name="method">The method of the request.</param>
    /// <param name="path">Its path below the routes.</param>
    /// <param name="response">The answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServerUnreachableException">It did not arrive whole.</exception>
    public async Task<byte[]> ReadAsync(HttpMethod method, string path, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ServerUnreachableException($"The answer to {method} {_shown}{path} did not arrive whole: {e.Message}", e);
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>Whether an answer has events in it, as those of the routes have.</summary>
    public static bool IsEventStream(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType == EventStream;

    /// <summary>A server that has no such routes says 404 too, and means something else.</summary>
    private static bool IsProblem(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType == "application/problem+json";
}
