using AgentStream.Chaos.Approvals;

namespace AgentStream.Chaos;

/// <summary>The program in the role of a silo, as its users write one: <c>--role silo</c> and the settings of AgentStream.</summary>
internal static class SiloProgram
{
    /// <summary>The agent.</summary>
    public const string Agent = "chaos";

    /// <summary>The agent whose calls need approval.</summary>
    public const string GatedAgent = "gated";

    /// <summary>The request header that says who calls.</summary>
    public const string UserHeader = "X-User";

    /// <summary>The setting that names the file in which tools write down what they do.</summary>
    public const string ToolBookSetting = "Chaos:ToolBook";

    /// <summary>Runs until it is stopped.</summary>
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "HH:mm:ss.fff ", true));

        var model = new PlannedModel(TimeProvider.System);
        await using var book = new ToolBook(builder.Configuration[ToolBookSetting]!);
        var tools = new Tools(book);
        var payments = new PaymentTool(book);
        builder.AddAgentStream()
            .AddAgent(Agent, agent => agent.UseChatClient(_ => model).WithTool(tools.WorkAsync, Tools.Work).WithTool(tools.WorkAsync, Tools.Once, InterruptedToolCall.Report))
            .AddAgent(GatedAgent, agent => agent.UseChatClient(_ => new GatedModel()).WithTool(payments.Pay, PaymentTool.Name, requiresApproval: true));
        builder.Services.Configure<AgentStreamHttpOptions>(http => http.GetUser = context =>
            ValueTask.FromResult<UserKey?>(long.TryParse(context.Request.Headers[UserHeader], out var user) ? new UserKey(1, user) : null));

        await using var app = builder.Build();
        app.MapAgentStream("/chat");
        await app.RunAsync();
    }
}
