using System.Globalization;

namespace AgentStream.Client.Http;

/// <summary>Pages of the list of sessions, as the routes have them.</summary>
internal static class SessionPages
{
    private const string After = "after=";

    /// <summary>The path and query that ask for a page.</summary>
    public static string PathOf(SessionQuery query)
    {
        var search = query.Search is null ? "" : $"&search={Uri.EscapeDataString(query.Search)}";
        var after = query.After is null ? "" : $"&{After}{Uri.EscapeDataString(query.After)}";
        return string.Create(CultureInfo.InvariantCulture, $"?all=true&count={query.Count}{search}{after}");
    }

    /// <summary>How the next page is asked for: a part of the address that the answer's <c>Link</c> header has (RFC 8288). Null for none.</summary>
    public static string? NextOf(HttpResponseMessage response)
    {
        var links = response.Headers.TryGetValues("Link", out var values) ? string.Join(", ", values) : "";
        for (var start = links.IndexOf('<', StringComparison.Ordinal); start >= 0;)
        {
            var end = links.IndexOf('>', start);
            var next = end < 0 ? -1 : links.IndexOf('<', end);
            if (end > 0 && IsNext(links[(end + 1)..(next < 0 ? links.Length : next)]))
            {
                return AfterOf(links[(start + 1)..end]);
            }

            start = next;
        }

        return null;
    }

    private static bool IsNext(string parameters) =>
        parameters.Split(';', ',').Any(parameter => parameter.Trim() is "rel=\"next\"" or "rel=next");

    private static string? AfterOf(string address) =>
        address[(address.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&').FirstOrDefault(field => field.StartsWith(After, StringComparison.Ordinal)) is { } found
            ? Uri.UnescapeDataString(found[After.Length..])
            : null;
}
