using AgentStream;
using AgentStream.Silo;
using AgentStream.Silo.Authentication;
using AgentStream.Silo.Demo;

return await Startup.RunAsync(args, builder =>
{
    builder.AddAgentStreamTelemetry();
    builder.AddConfiguredAuthentication();
    builder.AddAgentStream()
        .AddConfiguredAgents(builder.Configuration)
        .AddDemoAgent(builder.Configuration);
    builder.AddConfiguredDashboard();
    builder.Services.AddHealthChecks().AddAgentStreamHealthChecks();

    var app = builder.Build();
    app.MapAgentStreamPage("/").RequireSignIn(app.Configuration);
    app.MapAgentStreamMetrics().RequireKey(app.Configuration);
    app.MapAgentStream("/chat");
    app.MapAgentStreamAiSdk("/api/chat");
    app.MapAgentStreamAgUi("/ag-ui");
    app.MapAgentStreamHealth();
    app.MapConfiguredDashboard();
    return app;
});
