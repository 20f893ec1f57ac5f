using System.ComponentModel;
using AgentStream.Samples;
using Microsoft.Extensions.AI;

var builder = WebApplication.CreateBuilder(args);

// The same as .WithTool(Refund, "refund", requiresApproval: true), for a tool that you have as an AIFunction.
builder.AddAgentStream().AddAgent("desk", agent => agent
    .UseChatClient(_ => new StandInModel())
    .WithInstructions("You help the clerks of a shop.")
    .WithTool(new ApprovalRequiredAIFunction(AIFunctionFactory.Create(Refund, "refund"))));

var app = builder.Build();
app.MapAgentStreamPage("/");
app.MapAgentStream("/chat");
app.Run();

[Description("Refunds an order.")]
static string Refund([Description("The order's number.")] int order)
{
    Console.WriteLine($"The money for order {order} is on its way.");
    return $"Order {order} is refunded.";
}
