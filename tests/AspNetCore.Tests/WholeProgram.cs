using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.AspNetCore.Tests;

/// <summary>A program of a few lines, as a user writes it: Orleans, real sessions, and the edge on a free port.</summary>
internal static class WholeProgram
{
    public static Task<WebApplication> StartAsync(IChatClient model, params (string Name, string Value)[] settings) => StartAsync(model, _ => { }, settings);

    public static Task<WebApplication> StartAsync(IChatClient model, Action<AgentBuilder> tools, params (string Name, string Value)[] settings) => StartAsync(model, tools, _ => { }, settings);

    public static Task<WebApplication> StartAsync(IChatClient model, Action<AgentBuilder> tools, Action<WebApplication> map, params (string Name, string Value)[] settings) =>
        StartAsync(model, tools, _ => { }, map, settings);

    public static async Task<WebApplication> StartAsync(
        IChatClient model, Action<AgentBuilder> tools, Action<WebApplicationBuilder> configure, Action<WebApplication> map, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["AgentStream:Journal"] = "memory";

        // A test on a busy machine reads a run's stream long after its end.
        builder.Configuration["AgentStream:GracePeriod"] = "1h";
        Array.ForEach(settings, setting => builder.Configuration[setting.Name] = setting.Value);
        builder.AddAgentStream()
            .AddAgent("greeter", agent => tools(agent.UseChatClient(_ => model)));
        configure(builder);

        var app = builder.Build();
        app.MapAgentStream("/chat");
        map(app);
        await app.StartAsync();
        return app;
    }

    public static HttpClient NewClient(WebApplication app) => new() { BaseAddress = new Uri(app.Urls.First()), Timeout = Timeout.InfiniteTimeSpan };
}
