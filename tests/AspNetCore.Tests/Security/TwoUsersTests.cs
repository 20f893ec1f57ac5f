using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>Two users on one server, with real sessions: neither sees or changes anything of the other's, through any door.</summary>
public sealed class TwoUsersTests
{
    private const string Header = "X-User";
    private const string Secret = "the-secret-of-anna";

    private static readonly string Anna = Guid.NewGuid().ToString();
    private static readonly string Ben = Guid.NewGuid().ToString();

    [Fact]
    public async Task Through_no_door_does_one_user_see_or_change_a_session_of_another()
    {
        var session = Secret + Guid.NewGuid().ToString("N")[..8];
        using var model = new TwoWords();
        model.Continue.SetResult();
        await using var app = await WholeProgram.StartAsync(
            model,
            _ => { },
            builder => builder.Services.Configure<AgentStreamHttpOptions>(http => http.GetUser = context =>
                ValueTask.FromResult<UserKey?>(context.Request.Headers[Header].ToString() is { Length: > 0 } user ? new UserKey("acme", user) : null)),
            app =>
            {
                app.MapAgentStreamAiSdk();
                app.MapAgentStreamAgUi();
            });
        using var http = WholeProgram.NewClient(app);
        await AskAsync(http, Anna, "POST", "/chat", $$"""{"prompt":"{{Secret}}","session_id":"{{session}}"}""");
        var before = await AskAsync(http, Anna, "GET", $"/chat/{session}/messages");
        Assert.Contains(Secret, before.Body, StringComparison.Ordinal);

        foreach (var (method, path) in OriginTests.Routes.Select(route => ((string)route[0], (string)route[1])))
        {
            // Ben asks for Anna's session, and for one that nobody has.
            var (status, body) = await AskAsync(http, Ben, method, Of(session, path), Body(method, path, session));
            var unknown = session.Replace(Secret, "nobodys", StringComparison.Ordinal);
            var (expected, _) = await AskAsync(http, Ben, method, Of(unknown, path), Body(method, path, unknown));
            Assert.Equal((path, expected), (path, status));
            Assert.DoesNotContain(Secret, body.Replace(session, "", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        Assert.Equal(before, await AskAsync(http, Anna, "GET", $"/chat/{session}/messages"));
        Assert.Contains(session, (await AskAsync(http, Anna, "GET", "/chat?all=true")).Body, StringComparison.Ordinal);
    }

    private static string Of(string session, string path) => Regex.Replace(path, "/s(?=/|$)", $"/{session}");

    private static string? Body(string method, string path, string session) => (method, path) switch
    {
        ("POST", "/chat") => $$"""{"prompt":"hello","session_id":"{{session}}"}""",
        ("POST", "/api/chat") => $$"""{"id":"{{session}}","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":"hello"}]}]}""",
        ("POST", "/ag-ui") => $$"""{"threadId":"{{session}}","runId":"r","messages":[{"id":"m","role":"user","content":"hello"}],"tools":[],"context":[],"state":{},"forwardedProps":{} }""",
        ("PUT", _) => "[]",
        ("POST", "/chat/s/approvals/r") => """{"approved":true}""",
        ("POST", "/chat/s/tool-results/c") => """{"result":1}""",
        _ => null,
    };

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(HttpClient http, string user, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add(Header, user);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await http.SendAsync(request).Within();
        return (response.StatusCode, await response.Content.ReadAsStringAsync().Within());
    }
}
