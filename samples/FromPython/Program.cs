using AgentStream.Samples;

var builder = WebApplication.CreateBuilder(args);
builder.Configuration["ConnectionStrings:redis"] ??= "127.0.0.1:6379";      // the Redis of the Python side
builder.Configuration["AgentStream:ListExternalSessions"] ??= "true";       // lets ?include_foreign=true find the runs of the Python side

builder.AddAgentStream().AddAgent("assistant", agent => agent
    .UseChatClient(_ => new StandInModel(builder.Configuration.GetValue<TimeSpan?>("TokenDelay"))));

var app = builder.Build();
app.MapAgentStreamPage("/");
app.MapAgentStream("/chat");
app.Run();
