using System.Net;
using System.Text.Json;

namespace AgentStream.System.Tests;

/// <summary>A model's endpoint whose first answer comes by half, and whole when the test says so: a run that lasts as long as the test needs it.</summary>
internal sealed class HeldModel : LocalServer
{
    /// <summary>Each answer, as it is at its end.</summary>
    public const string Answer = FirstHalf + "and the other.";

    private const string FirstHalf = "the first half, ";
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What a silo is started with to have this model.</summary>
    public string[] Arguments => ["--AgentStream:Agents:held:Model=held", $"--AgentStream:Agents:held:Endpoint={Url}v1"];

    /// <summary>Lets the answer end. All after it are whole at once.</summary>
    public void Release() => _released.TrySetResult();

    protected override async Task AnswerAsync(HttpListenerContext context, JsonElement request)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        await WriteAsync(response, Piece(FirstHalf));
        await response.OutputStream.FlushAsync();
        await _released.Task;
        await WriteAsync(response, Piece(Answer[FirstHalf.Length..]) + Chunk("{}", "\"stop\"") + "data: [DONE]\n\n");
    }

    private static string Piece(string text) => Chunk($$"""{"content":"{{text}}"}""");
}
