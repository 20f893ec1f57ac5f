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
                    var id = $"c{world.NewRequest()}";
                    yield return new(ChatRole.Assistant, [new FunctionCallContent(id, Tool.ToolName, new Dictionary<string, object?> { ["id"] = id })])
                    {
                        FinishReason = ChatFinishReason.ToolCalls,
                    };
                    yield break;
                default:
                    yield return new() { FinishReason = ChatFinishReason.Stop };
                    yield break;
            }
        }
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Runs stream.");

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

    private readonly TaskCompletionSource<int> _decision = new();

    public Silo Silo => silo;

    public int Said => said;

    public int Results => results;

    public Task<int> Decided => _decision.Task;

    public void Decide(int what) => _decision.SetResult(what);

    public override string ToString() => what;
}

/// <summary>A tool that is done when the schedule says so, and keeps a record of its calls.</summary>
internal sealed class Tool(World world, Silo silo) : AIFunction
{
    public const string ToolName = "work";

    public override string Name => ToolName;

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var id = arguments["id"]!.ToString()!;
        world.Book.ToolCalled(id);
        var turn = new ModelTurn(silo, $"{silo.Name}: tool call {id}", 0, 0);
        world.Turns.Add(turn);
        await turn.Decided.WaitAsync(cancellationToken);
        return $"done {id}";
    }
}
