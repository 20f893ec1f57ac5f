using AgentStream;
using Microsoft.Extensions.AI;
using MyAgent;

var builder = WebApplication.CreateBuilder(args);

// Settings: the section Authentication:Schemes:Bearer.
builder.Services.AddAuthentication().AddJwtBearer();

builder.Services.AddScoped<Orders>();
builder.Services.AddSingleton<IChatClient, DemoModel>();
builder.AddAgentStream().AddAgent("support", agent => SupportAgent.Configure(agent));

var app = builder.Build();
app.MapAgentStream("/chat");
app.Run();
