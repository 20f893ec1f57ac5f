using System.ComponentModel;
using AgentStream;

namespace MyAgent;

public static class SupportAgent
{
    public static AgentBuilder Configure(AgentBuilder agent) => agent
        .WithInstructions("You help customers of a shop. Look orders up, and do not guess.")
        .WithTool(FindOrderAsync, "find_order");

    // The model fills in the number. Orders comes from the services, and each call has its own scope.
    [Description("Finds an order.")]
    private static async Task<string> FindOrderAsync([Description("The order's number.")] int number, Orders orders, CancellationToken cancellationToken) =>
        await orders.FindStateAsync(number, cancellationToken) is { } state
            ? $"Order {number} {state}."
            : throw new ToolException($"There is no order {number}.");
}
