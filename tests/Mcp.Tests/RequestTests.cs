using System.Globalization;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;

namespace AgentStream.Mcp.Tests;

/// <summary>Ids of requests: integers, as some servers know no others, and each once.</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task Ids_are_integers_of_32_bits_and_each_is_given_once()
    {
        await using var server = await RawServer.StartAsync("""{"content":[]}""");
        await using var source = server.NewSource();
        var tool = (AIFunction)(await source.GetToolsAsync(CancellationToken.None)).Single();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => tool.InvokeAsync(new AIFunctionArguments()).AsTask()));

        var ids = server.Requests.Where(request => request.Id is not null).Select(request => request.Id!).ToList();
        Assert.All(ids, id => Assert.True(int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _), id));
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(20, server.Of("tools/call").Count);
    }

    [Fact]
    public async Task A_cancel_names_the_call_by_its_integer()
    {
        await using var server = await RawServer.StartAsync();
        var called = new TaskCompletionSource();
        server.Answers["tools/call"] = async (_, context) =>
        {
            called.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        await using var source = server.NewSource();
        var tool = (AIFunction)(await source.GetToolsAsync(CancellationToken.None)).Single();
        using var cancel = new CancellationTokenSource();
        var call = tool.InvokeAsync(new AIFunctionArguments(), cancel.Token).AsTask();
        await called.Task.Within();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(server.Of("tools/call").Single().Id, server.Of("notifications/cancelled").Single().Parameters.GetProperty("requestId").GetRawText());
    }
}
