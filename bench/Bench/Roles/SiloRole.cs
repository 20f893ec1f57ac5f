using System.Globalization;
using AgentStream.Bench.Neighbours;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Roles;

/// <summary>A silo whose model says what it is told to, and that tells what it has allocated.</summary>
internal static class SiloRole
{
    public static Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Configuration.AddInMemoryCollection(NoLimits.Settings);
        var gate = new Gate();
        builder.AddAgentStream().AddAgent("bench", agent => agent.UseChatClient(_ => new PlannedModel(gate)));
        builder.Services.Configure<AgentStreamHttpOptions>(http => http.AllowAnonymous = true);

        var app = builder.Build();
        app.MapAgentStream("/chat");
        app.MapGet("/bench/allocated", () => GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture));
        app.MapPost("/bench/gate", async (int models) =>
        {
            await gate.ReachedAsync(models);
            gate.OpenOnce();
        });
        app.MapBareBroadcast("/bare");
        return app.RunAsync();
    }
}
