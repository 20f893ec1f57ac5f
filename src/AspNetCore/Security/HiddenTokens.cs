using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace AgentStream.AspNetCore.Security;

/// <summary>A session token that was in the request's address.</summary>
/// <param name="Text">The token.</param>
internal sealed record HiddenToken(string Text);

/// <summary>
/// Takes session tokens out of requests' addresses before anything sees a request. ASP.NET Core logs and traces the address when a request begins, which is before all middleware.
/// </summary>
internal sealed class HiddenTokens(IServiceProvider services) : IHttpContextFactory
{
    private readonly DefaultHttpContextFactory _inner = new(services);

    public HttpContext Create(IFeatureCollection featureCollection)
    {
        if (featureCollection.Get<IHttpRequestFeature>() is { } request && request.QueryString.Contains(SessionTokens.Prefix, StringComparison.Ordinal))
        {
            Hide(featureCollection, request);
        }

        return _inner.Create(featureCollection);
    }

    public void Dispose(HttpContext httpContext) => _inner.Dispose(httpContext);

    // An access token of another kind is somebody else's, who looks for it in the query.
    private static void Hide(IFeatureCollection features, IHttpRequestFeature request)
    {
        string? token = null;
        var rest = new StringBuilder();
        foreach (var pair in new QueryStringEnumerable(request.QueryString))
        {
            if (pair.DecodeName().Span.Equals(SessionTokens.Parameter, StringComparison.OrdinalIgnoreCase) && pair.DecodeValue().Span.StartsWith(SessionTokens.Prefix))
            {
                token ??= pair.DecodeValue().ToString();
            }
            else
            {
                rest.Append(rest.Length == 0 ? '?' : '&').Append(pair.EncodedName).Append('=').Append(pair.EncodedValue);
            }
        }

        if (token is null)
        {
            return;
        }

        features.Set(new HiddenToken(token));
        request.QueryString = rest.ToString();
        if (request.RawTarget?.IndexOf('?', StringComparison.Ordinal) is { } query and >= 0)
        {
            request.RawTarget = request.RawTarget[..query] + request.QueryString;
        }
    }
}
