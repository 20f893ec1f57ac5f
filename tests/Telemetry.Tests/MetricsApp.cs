using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Telemetry.Tests;

/// <summary>A program with the metrics' route, and something to measure.</summary>
internal static class MetricsApp
{
    public static async Task<WebApplication> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> map, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        Array.ForEach(settings, setting => builder.Configuration[setting.Name] = setting.Value);
        configure?.Invoke(builder);
        builder.AddAgentStreamTelemetry();
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        app.Services.GetRequiredService<IMeterFactory>().Create("AgentStream").CreateCounter<long>("agentstream.entries").Add(7);
        return app;
    }

    public static HttpClient NewClient(WebApplication app) => new() { BaseAddress = new Uri(app.Urls.First()), Timeout = Timeout.InfiniteTimeSpan };
}
