using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>Asks a model as a test wants to see it.</summary>
internal static class Ask
{
    /// <summary>All updates of the answer to one prompt.</summary>
    public static async Task<List<ChatResponseUpdate>> AskAsync(
        this IChatClient client, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        return await ReadAsync().Within();

        async Task<List<ChatResponseUpdate>> ReadAsync()
        {
            var updates = new List<ChatResponseUpdate>();
            await foreach (var update in client.GetStreamingResponseAsync([new(ChatRole.User, "hello")], options, cancellationToken))
            {
                updates.Add(update);
            }

            return updates;
        }
    }

    /// <summary>Plays a reply and gives all contents of what the client makes of it.</summary>
    public static async Task<List<AIContent>> ContentsAsync(RequestDelegate reply)
    {
        await using var server = await ModelServer.StartAsync(reply);
        using var client = server.Client();
        return [.. (await client.AskAsync()).SelectMany(update => update.Contents)];
    }

    /// <summary>What the endpoint gets when a client is asked this.</summary>
    public static async Task<ModelRequest> SentAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null)
    {
        await using var server = await ModelServer.StartAsync(Reply.Stream(Reply.Finish()));
        using var client = server.Client();
        await client.GetResponseAsync(messages, options).Within();
        return Assert.Single(server.Requests);
    }

    /// <summary>Plays replies and gives the exception in which they end, once it is sure that the key is not in it.</summary>
    public static async Task<ModelException> FaultAsync(params RequestDelegate[] replies)
    {
        await using var server = await ModelServer.StartAsync(replies);
        using var client = server.Client();
        var fault = await Assert.ThrowsAsync<ModelException>(() => client.AskAsync());
        Assert.Equal(replies.Length, server.Requests.Count);
        Assert.DoesNotContain(ModelServer.ApiKey, fault.ToString(), StringComparison.Ordinal);
        return fault;
    }
}
