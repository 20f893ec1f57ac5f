using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>The policies of ASP.NET Core's authorization decide who may use an agent, through every door.</summary>
public sealed class PolicyTests
{
    private readonly Tokens _tokens = new();

    [Theory]
    [InlineData("/chat", """{"prompt":"hello","session_id":"s"}""")]
    [InlineData("/api/chat", """{"id":"s","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":"hello"}]}]}""")]
    [InlineData("/ag-ui", """{"threadId":"s","runId":"r","messages":[{"id":"m","role":"user","content":"hello"}],"tools":[],"context":[],"state":{},"forwardedProps":{} }""")]
    public async Task An_agent_is_for_those_who_meet_its_policy(string path, string body)
    {
        using var model = new TwoWords();
        model.Continue.SetResult();
        await using var app = await WholeProgram.StartAsync(
            model,
            agent => agent.RequirePolicy("staff").RequirePolicy("known").WithClaims(ClaimTypes.Email),
            builder =>
            {
                _tokens.Standard(builder);
                builder.Services.AddAuthorizationBuilder()
                    .AddPolicy("staff", policy => policy.RequireRole("staff"))
                    .AddPolicy("known", policy => policy.RequireAuthenticatedUser().RequireClaim(ClaimTypes.Email));
            },
            app =>
            {
                app.MapAgentStreamAiSdk();
                app.MapAgentStreamAgUi();
            });
        using var http = WholeProgram.NewClient(app);

        using (var refused = await SendAsync("guest"))
        {
            Assert.Equal("The agent 'greeter' is for users who meet the policy 'staff'.", (await Problem.OfAsync(refused, HttpStatusCode.Forbidden)).Detail);
        }

        Assert.Equal(0, model.Asked);
        using var answered = await SendAsync("staff");
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        Assert.Contains("world", await answered.Content.ReadAsStringAsync().Within(), StringComparison.Ordinal);

        Task<HttpResponseMessage> SendAsync(string role)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Bearer", _tokens.New(new() { ["sub"] = role, ["role"] = (string[])["other", role], ["email"] = "anna@example.com" }));
            return http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json")).Within();
        }
    }
}
