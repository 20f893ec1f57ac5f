using Microsoft.Extensions.AI;

namespace AgentStream.Simulation.Tests;

/// <summary>A tool that is done when the schedule says so, and keeps a record of its calls.</summary>
internal class Tool(World world, Silo silo) : AIFunction
{
    public const string ToolName = "work";

    public override string Name => ToolName;

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var id = arguments["id"]!.ToString()!;
        Called(world.Book, id, arguments);
        var turn = new ModelTurn(silo, $"{silo.Name}: tool call {id}", 0, 0);
        world.Turns.Add(turn);
        await turn.Decided.WaitAsync(cancellationToken);
        return $"done {id}";
    }

    /// <summary>The call is made.</summary>
    protected virtual void Called(Book book, string id, AIFunctionArguments arguments) => book.ToolCalled(id);
}

/// <summary>A tool whose calls somebody has to allow.</summary>
internal sealed class GatedTool(World world, Silo silo) : Tool(world, silo)
{
    public new const string ToolName = "pay";

    /// <summary>An argument that only people write.</summary>
    public const string Edit = "edit";

    public override string Name => ToolName;

    protected override void Called(Book book, string id, AIFunctionArguments arguments) =>
        book.GatedCalled(id, arguments.TryGetValue(Edit, out var edit) ? edit?.ToString() : null);
}
