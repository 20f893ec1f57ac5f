using System.Text.Json;
using AgentStream.Silo.Demo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Silo.Tests;

/// <summary>A silo that logs each request has no token in its log: neither its own, nor one of another kind that somebody sends.</summary>
public sealed class TokenLogTests
{
    private const string Other = "eyJhbGciOiJIUzI1NiJ9.e30.somebodys-token";

    [Fact]
    public async Task No_token_is_in_a_line()
    {
        using var logs = new LogLines();
        var token = "";
        var asked = Task.CompletedTask;
        string[] arguments = ["--AgentStream:Journal=memory", "--Logging:LogLevel:Microsoft.AspNetCore=Trace", "--Logging:LogLevel:Default=Trace"];
        await TestStartup.RunAsync(arguments, builder =>
        {
            builder.Logging.ClearProviders().AddProvider(logs);
            builder.AddAgentStream().AddDemoAgent(builder.Configuration);
            var app = builder.Build();
            app.MapAgentStream("/chat");
            app.Lifetime.ApplicationStarted.Register(() => asked = Task.Run(async () =>
            {
                try
                {
                    token = await AskAsync(new Uri(app.Urls.First()));
                }
                finally
                {
                    app.Lifetime.StopApplication();
                }
            }));
            return app;
        });
        await asked;
        Assert.Contains("Request starting HTTP/1.1 GET", logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain(token["ast_".Length..], logs.All, StringComparison.Ordinal);
        Assert.Contains("?access_token=***", logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain(Other, logs.All, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(Uri silo)
    {
        using var http = new HttpClient { BaseAddress = silo, Timeout = Timeout.InfiniteTimeSpan };
        using var made = await http.PostAsync("/chat/s/token", null);
        var token = JsonDocument.Parse(await made.Content.ReadAsStringAsync()).RootElement.GetProperty("token").GetString()!;
        foreach (var one in (string[])[token, Other, "%61" + token[1..]])
        {
            using var answer = await http.GetAsync($"/chat/s/stream?access_token={one}");
        }

        using var cookie = new HttpRequestMessage(HttpMethod.Get, "/chat/s/stream") { Headers = { { "Cookie", $"agentstream_token={token}" } } };
        using var byCookie = await http.SendAsync(cookie);
        return token;
    }
}
