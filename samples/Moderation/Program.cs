using AgentStream;
using AgentStream.Moderation;
using AgentStream.Samples;

var builder = WebApplication.CreateBuilder(args);

builder.AddAgentStream().AddAgent("echo", agent => agent.UseChatClient(_ => new StandInModel()));
builder.UseOrleans(silo => silo
    .AddSessionStreams()
    .AddMemoryGrainStorageAsDefault());   // where bills are kept; in production, a storage that stays

var app = builder.Build();
app.MapAgentStreamPage("/");
app.MapAgentStream("/chat");

// This program has no accounts, so everybody is user 1. With accounts, take the user from the request.
app.MapGet("/bill/{session}", (string session, IGrainFactory grains) =>
    grains.GetGrain<IBillGrain>(new SessionKey(1, 1, session).ToString()).GetTokensAsync());
app.Run();
