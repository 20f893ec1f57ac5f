using System.Net;
using System.Text.Json;

namespace AgentStream.AspNetCore.Tests;

/// <summary>An answer in RFC 9457's form.</summary>
internal sealed record Problem(string Title, string Detail, Dictionary<string, string[]> Errors, string Text)
{
    public static async Task<Problem> OfAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var text = await response.Content.ReadAsStringAsync();
        using var json = JsonDocument.Parse(text);
        Assert.Equal((int)status, json.RootElement.GetProperty("status").GetInt32());
        var errors = json.RootElement.TryGetProperty("errors", out var found) ? found.Deserialize<Dictionary<string, string[]>>()! : [];
        return new Problem(json.RootElement.GetProperty("title").GetString()!, json.RootElement.GetProperty("detail").GetString()!, errors, text);
    }
}
