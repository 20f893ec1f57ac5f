using System.ComponentModel;
using AgentStream;
using AgentStream.Chat;
using AgentStream.Grains.Hosting;

var builder = WebApplication.CreateBuilder(args);

builder.AddAgentStream()                                   // options: section "AgentStream"; Redis: ConnectionStrings:redis
    .AddAgent("assistant", agent => agent
        .UseChatClient(services => new WeatherModel())     // any IChatClient: this one needs no key
        .WithInstructions("You are a helpful assistant.")
        .WithTool(GetWeather));

var app = builder.Build();
app.MapAgentStream("/chat");
app.Run();

[Description("The weather in a city.")]
static async Task<string> GetWeather(string city, Deps deps)   // Deps is handed in, the model does not see it
{
    await deps.AddInfoAsync(new { msg = $"looking up {city}" });
    return "sunny, 22 °C";
}
