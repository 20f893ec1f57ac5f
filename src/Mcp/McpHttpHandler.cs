using System.Globalization;
using System.Net;

namespace AgentStream.Mcp;

/// <summary>HTTP as servers speak it, for a client that takes the protocol at its word.</summary>
/// <remarks>
/// <para>A redirect is followed on the same origin only: the headers have keys in them, and another host's tools are not those that the agent was given. The
/// request is repeated as it is, with its method and body; so 303, which asks for a GET, is not followed.</para>
/// <para>A server that has no stream of its own to offer may answer the GET for it with 404. The client of the package (2.4.0) would take that for the end of the
/// session; 405 is what it should be. If the session has ended, the next request says so.</para>
/// <para>The client compares the type of a body with lower case.</para>
/// </remarks>
/// <param name="inner">Sends requests. It does not follow redirects.</param>
/// <param name="maxMessageBytes">The most bytes of a message that the server may send.</param>
internal sealed class McpHttpHandler(HttpMessageHandler inner, int maxMessageBytes) : DelegatingHandler(inner)
{
    internal const int MaxRedirects = 5;

    /// <inheritdoc/>
    /// <exception cref="McpRedirectException">A redirect is not followed.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (TargetOf(response, request.RequestUri!) is not { } target)
            {
                return Bounded(Mended(response, request));
            }

            response.Dispose();
            Check(response.StatusCode, request, target, redirects);
            request.RequestUri = target;
        }
    }

    private static Uri? TargetOf(HttpResponseMessage response, Uri asked) => response switch
    {
        {
            StatusCode: HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect,
            Headers.Location: { } location
        } => new Uri(asked, location),
        _ => null,
    };

    private static void Check(HttpStatusCode status, HttpRequestMessage request, Uri target, int redirects)
    {
        if (Origin(target) != Origin(request.RequestUri!))
        {
            throw new McpRedirectException($"it redirects to another origin, {Origin(target)}, which is not followed");
        }

        if (status is HttpStatusCode.SeeOther && request.Method != HttpMethod.Get)
        {
            throw new McpRedirectException("it redirects with HTTP status 303, which asks for a GET and is not followed");
        }

        if (redirects == MaxRedirects)
        {
            throw new McpRedirectException(string.Create(CultureInfo.InvariantCulture, $"it redirects more than {MaxRedirects} times"));
        }
    }

    // Scheme, host and port, and no user.
    private static string Origin(Uri address) => address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    private HttpResponseMessage Bounded(HttpResponseMessage response)
    {
        response.Content = new McpBoundedContent(response.Content, maxMessageBytes);
        return response;
    }

    private static HttpResponseMessage Mended(HttpResponseMessage response, HttpRequestMessage request)
    {
        if (request.Method == HttpMethod.Get && response.StatusCode is HttpStatusCode.NotFound)
        {
            response.StatusCode = HttpStatusCode.MethodNotAllowed;
        }

        if (response.Content.Headers.ContentType is { MediaType: { } type } contentType)
        {
            contentType.MediaType = type.ToLowerInvariant();
        }

        return response;
    }
}

/// <summary>A server redirects to where it is not followed.</summary>
/// <param name="message">What it does, as the rest of a sentence about the server. No address but an origin.</param>
internal sealed class McpRedirectException(string message) : HttpRequestException(message);
