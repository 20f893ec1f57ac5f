using System.Text;
using AgentStream.Bench.Stages;

namespace AgentStream.Bench.Neighbours;

/// <summary>What a web server has to do at the least for an event and a connection: a frame that is there as bytes is written and flushed. No log, no runs, no cursors.</summary>
internal static class BareBroadcast
{
    private static readonly byte[] Frame = Encoding.UTF8.GetBytes($$"""id: 1763811111111-0{{'\n'}}data: {"type":"event","origin":"pydantic-ai","body":{{TokenPlan.Body()}}}{{"\n\n"}}""");

    /// <summary>GET follows; POST sends so many frames to each follower at such a rate.</summary>
    public static void MapBareBroadcast(this WebApplication app, string path)
    {
        var next = new Node();
        app.MapGet(path, async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            var node = next;
            await context.Response.Body.FlushAsync(context.RequestAborted);
            while (true)
            {
                node = await node.Next.Task.WaitAsync(context.RequestAborted);
                if (node.IsLast)
                {
                    return;
                }

                await context.Response.BodyWriter.WriteAsync(Frame, context.RequestAborted);
            }
        });
        app.MapPost(path, async (int tokens, double rate) =>
        {
            await foreach (var _ in Tokens(tokens, rate))
            {
                next = next.Publish(isLast: false);
            }

            next = next.Publish(isLast: true);
            next = new Node();
        });
    }

    private static async IAsyncEnumerable<int> Tokens(int count, double rate)
    {
        using var model = new PlannedModel(new Gate());
        await foreach (var _ in model.GetStreamingResponseAsync([new(Microsoft.Extensions.AI.ChatRole.User, new TokenPlan(count, rate).ToString())]))
        {
            yield return 0;
        }
    }

    /// <summary>A chain that followers walk along, each at its own pace.</summary>
    private sealed class Node(bool isLast = false)
    {
        public TaskCompletionSource<Node> Next { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsLast => isLast;

        public Node Publish(bool isLast)
        {
            var node = new Node(isLast);
            Next.SetResult(node);
            return node;
        }
    }
}
