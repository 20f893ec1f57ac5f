using AgentStream;
using AgentStream.Silo;
using AgentStream.Silo.Demo;

return await Startup.RunAsync(args, builder =>
{
    builder.AddAgentStream()
        .AddConfiguredAgents(builder.Configuration)
        .AddDemoAgent(builder.Configuration);

    var app = builder.Build();
    app.MapAgentStreamPage("/");
    app.MapAgentStream("/chat");
    app.MapAgentStreamAiSdk("/api/chat");
    app.MapAgentStreamAgUi("/ag-ui");
    return app;
});
