using Microsoft.Extensions.Options;

namespace AgentStream.Silo.Demo;

/// <summary>The agent <c>demo</c>.</summary>
internal static class DemoAgent
{
    /// <summary>Adds the agent. Its model's settings come from the section <c>AgentStream:Demo</c>.</summary>
    public static AgentStreamBuilder AddDemoAgent(this AgentStreamBuilder builder, IConfiguration configuration)
    {
        var section = configuration.GetSection(DemoOptions.Section);
        builder.Services.AddOptions<DemoOptions>().Configure(options => section.WithDurations<DemoOptions>().Bind(options)).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<DemoOptions>, DemoOptionsValidator>();
        builder.Services.AddSingleton<DemoChatClient>();

        var tools = new DemoTools(TimeProvider.System);
        return builder.AddAgent("demo", agent => agent
            .UseChatClient(services => services.GetRequiredService<DemoChatClient>())
            .WithInstructions("You are the demo agent of AgentStream.")
            .WithTool(DemoTools.Calculate, DemoTools.CalculateName)
            .WithTool(tools.GetCurrentTime, DemoTools.GetCurrentTimeName)
            .WithTool(DemoTools.DeleteNotes, DemoTools.DeleteNotesName, requiresApproval: true)
            .WithTool(DemoTools.GetLocation));
    }
}
