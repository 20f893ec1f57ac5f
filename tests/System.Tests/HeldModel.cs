using System.Net;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>A model's endpoint that counts to 400. Its first answer stops at 200 until the test lets it continue: a run that lasts as long as the test needs it.</summary>
internal sealed class HeldModel : LocalServer
{
    public const int Last = 400;

    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What a silo is started with to have this model.</summary>
    public string[] Arguments => ["--AgentStream:Agents:held:Model=held", $"--AgentStream:Agents:held:Endpoint={Url}v1"];

    /// <summary>Lets the answer end. All after it are whole at once.</summary>
    public void Release() => _released.TrySetResult();

    protected override async Task AnswerAsync(HttpListenerContext context, JsonElement request)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        for (var number = 1; number <= Last; number++)
        {
            await WriteAsync(response, Chunk($$"""{"content":"{{number}} "}"""));
            if (number == Last / 2)
            {
                await response.OutputStream.FlushAsync();
                await _released.Task;
            }
        }

        await WriteAsync(response, Chunk("{}", "\"stop\"") + "data: [DONE]\n\n");
    }
}
