using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.Simulation.Tests;

/// <summary>
/// A model that says what the schedule lets it say. Its words tell where they come from: <c>[p2 k7 3]</c> is the third word of the world's seventh
/// request to a model, which was made for prompt p2.
/// </summary>
internal sealed class Model(World world, Silo silo) : IChatClient
{
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var all = messages.ToList();
        var prompt = all.Last(message => message.Role == ChatRole.User && message.Contents.OfType<TextContent>().Any()).Contents.OfType<TextContent>().Last().Text;
        var request = world.NewRequest();
        for (var said = 0; ;)
        {
            var turn = new ModelTurn(silo, $"{silo.Name}: the model's turn for {prompt}, request {request}", said, all.Count(message => message.Role == ChatRole.Tool));
            world.Turns.Add(turn);
            switch (await turn.Decided.WaitAsync(cancellationToken))
            {
                case ModelTurn.Say:
                    world.Book.Said[request] = ++said;
                    yield return new(ChatRole.Assistant, $"[{prompt} k{request} {said}]");
                    break;
                case ModelTurn.Call:
                    yield return Calls(Call(Tool.ToolName));
                    yield break;
                case ModelTurn.CallBoth:
                    yield return Calls(Call(Tool.ToolName), Call(GatedTool.ToolName));
                    yield break;
                case ModelTurn.CallGated:
                    yield return Calls(Call(GatedTool.ToolName), Call(GatedTool.ToolName));
                    yield break;
                default:
                    yield return new() { FinishReason = ChatFinishReason.Stop };
                    yield break;
            }
        }
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Runs stream.");

    private static ChatResponseUpdate Calls(params AIContent[] calls) => new(ChatRole.Assistant, calls) { FinishReason = ChatFinishReason.ToolCalls };

    private FunctionCallContent Call(string tool)
    {
        var id = $"c{world.NewRequest()}";
        return new(id, tool, new Dictionary<string, object?> { ["id"] = id });
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}

/// <summary>A model or a tool that waits for the schedule's word.</summary>
/// <param name="silo">Whose it is.</param>
/// <param name="what">What waits, for the trace.</param>
/// <param name="said">How much the model has said in this node.</param>
/// <param name="results">How many tool results it has seen.</param>
internal sealed class ModelTurn(Silo silo, string what, int said, int results)
{
    public const int Say = 0;
    public const int Call = 1;
    public const int End = 2;
    public const int CallBoth = 3;
    public const int CallGated = 4;

    private readonly TaskCompletionSource<int> _decision = new();

    public Silo Silo => silo;

    public int Said => said;

    public int Results => results;

    public Task<int> Decided => _decision.Task;

    public void Decide(int what) => _decision.SetResult(what);

    public override string ToString() => what;
}
