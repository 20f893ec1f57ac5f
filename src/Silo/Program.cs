using AgentStream.AspNetCore;
using AgentStream.Silo;
using AgentStream.Silo.Demo;

return await Startup.RunAsync(args, builder =>
{
    builder.AddAgentStream()
        .AddDemoAgent(builder.Configuration);

    var app = builder.Build();
    app.MapAgentStreamPage("/");
    app.MapAgentStream("/chat");
    app.MapAgentStreamAiSdk("/api/chat");
    app.MapAgentStreamAgUi("/ag-ui");
    return app;
});
