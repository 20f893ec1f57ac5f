using AgentStream.Silo.Authentication;
using AgentStream.Silo.Demo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Silo.Tests.Authentication;

/// <summary>The silo with settings of a test, on a free port.</summary>
internal static class SiloApp
{
    public static async Task<WebApplication> StartAsync(params IEnumerable<(string Name, string Value)> settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["AgentStream:Journal"] = "memory";
        builder.Configuration["AgentStream:GracePeriod"] = "1h";
        foreach (var (name, value) in settings)
        {
            builder.Configuration[name] = value;
        }

        builder.AddConfiguredAuthentication();
        builder.AddAgentStream().AddDemoAgent(builder.Configuration);
        builder.AddConfiguredDashboard();
        var app = builder.Build();
        app.MapAgentStreamPage("/").RequireSignIn(app.Configuration);
        app.MapAgentStream("/chat");
        app.MapConfiguredDashboard();
        await app.StartAsync();
        return app;
    }

    public static Uri Address(WebApplication app) => new(app.Urls.First());
}
