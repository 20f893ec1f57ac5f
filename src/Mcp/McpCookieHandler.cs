using System.Net;

namespace AgentStream.Mcp;

/// <summary>
/// Sends a connection the cookies that it got: behind a load balancer they may name the server that has the session. Each connection has
/// its own, since connections with other keys may share what sends the requests.
/// </summary>
internal sealed class McpCookieHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string Header = "Cookie";

    private readonly CookieContainer _cookies = new();

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = request.RequestUri!;
        var given = request.Headers.TryGetValues(Header, out var values) ? string.Join("; ", values) : "";
        Set(request, string.Join("; ", ((string[])[given, _cookies.GetCookieHeader(asked)]).Where(cookies => cookies.Length > 0)));
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            Keep(response, asked);
            return response;
        }
        finally
        {
            // The request may be sent again, to another path.
            Set(request, given);
        }
    }

    private static void Set(HttpRequestMessage request, string cookies)
    {
        request.Headers.Remove(Header);
        if (cookies.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(Header, cookies);
        }
    }

    private void Keep(HttpResponseMessage response, Uri asked)
    {
        foreach (var cookie in response.Headers.TryGetValues("Set-Cookie", out var values) ? values : [])
        {
            try
            {
                _cookies.SetCookies(asked, cookie);
            }
            catch (CookieException)
            {
                // It cannot be read, or is another host's.
            }
        }
    }
}
