using System.Globalization;
using System.Text;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary>The client over HTTP, with a real server: it sees what the one within the program sees, also when its connections are cut.</summary>
public sealed class HttpClientTests
{
    private static readonly SessionKey Key = ChatApp.Key("s1");

    [Fact]
    public async Task Both_clients_see_the_same()
    {
        await using var app = await ChatApp.StartAsync();
        using var outside = NewClient(app.Http.BaseAddress!);
        var inside = app.Services.GetRequiredService<IAgentStreamClient>();
        var run = await outside.StartAsync(Key, new RunRequest("hello", "greeter"));
        Assert.Equal((Key, new RunRequest("hello", "greeter")), Assert.Single(app.Sessions.Starts));
        Assert.True(Guid.TryParse(run.RunId, out _));
        Assert.Equal([Key], await outside.GetLiveSessionsAsync(new UserKey(1, 1)));
        Assert.Equal((await inside.ListenRawAsync(Key).FirstAsync()).Cursor, run.Begin);

        var listening = Task.WhenAll(outside.ListenRawAsync(Key).ToListAsync().AsTask(), inside.ListenRawAsync(Key).ToListAsync().AsTask());
        await app.Sessions.AppendAsync(Key, """{"idx":0,"event":"llm-begin"}""");
        await app.Sessions.AppendAsync(Key, """{"any": ["thing",  "ü"]}""", Protocol.Info, "me");
        await app.Sessions.FinishAsync(Key);
        var seen = await listening.Within();
        Assert.Equal(3, seen[0].Count);
        Assert.Equal(seen[1].Select(item => (item.Cursor, item.ToJson())), seen[0].Select(item => (item.Cursor, item.ToJson())));
        Assert.Empty(await outside.ListenRawAsync(Key, seen[0][^1].Cursor).ToListAsync());
    }

    [Theory]
    [InlineData(600)]
    [InlineData(611)]
    [InlineData(1023)]
    public async Task A_connection_that_is_cut_again_and_again_costs_nothing_of_the_run(int bytes)
    {
        await using var app = await ChatApp.StartAsync();
        await using var proxy = new CuttingProxy(app.Http.BaseAddress!) { CutAfter = bytes };
        using var client = NewClient(proxy.Url);
        var run = await client.StartAsync(Key, new RunRequest("hello"));
        var listening = client.ListenRawAsync(Key).ToListAsync().AsTask();
        for (var i = 0; i < 40; i++)
        {
            await app.Sessions.AppendAsync(Key, i.ToString(CultureInfo.InvariantCulture));
        }

        await Wait.Until(() => proxy.Cuts >= 3, "the proxy cuts");
        proxy.CutAfter = null;
        await app.Sessions.FinishAsync(Key);
        var seen = await listening.Within();
        Assert.Equal(run.Begin, seen[0].Cursor);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => i.ToString(CultureInfo.InvariantCulture)), seen.Skip(1).Select(item => Encoding.UTF8.GetString(item.Body.Span)));
        Assert.Single(app.Sessions.Starts);
    }

    [Fact]
    public async Task A_session_is_followed_over_its_runs_and_over_lost_connections()
    {
        await using var app = await ChatApp.StartAsync();
        await using var proxy = new CuttingProxy(app.Http.BaseAddress!) { CutAfter = 700 };
        using var client = NewClient(proxy.Url);
        using var stop = new CancellationTokenSource();
        var seen = new List<StreamEntry>();
        var listening = Task.Run(async () =>
        {
            await foreach (var item in client.ListenToSessionAsync(Key, cancellationToken: stop.Token))
            {
                seen.Add(item);
            }
        });
        for (var run = 0; run < 4; run++)
        {
            await app.Sessions.StartAsync(Key, new RunRequest("hello"));
            await app.Sessions.AppendAsync(Key, run.ToString(CultureInfo.InvariantCulture));
            await app.Sessions.FinishAsync(Key);
            await Wait.Until(() => seen.Count == (run + 1) * 3, "the listener has the run to its end");
        }

        Assert.True(proxy.Cuts > 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening).Within();
        Assert.Equal(Enumerable.Repeat<string[]>([Protocol.Begin, Protocol.Event, Protocol.End], 4).SelectMany(types => types), seen.Select(item => item.Type));
        Assert.Equal(["0", "1", "2", "3"], seen.Where(item => item.Type == Protocol.Event).Select(item => Encoding.UTF8.GetString(item.Body.Span)));
    }

    [Fact]
    public async Task A_server_that_stops_and_comes_back_costs_nothing_of_the_run()
    {
        await using var app = await ChatApp.StartAsync();
        var proxy = new CuttingProxy(app.Http.BaseAddress!);
        using var client = NewClient(proxy.Url);
        await client.StartAsync(Key, new RunRequest("hello"));
        var seen = new List<StreamEntry>();
        var listening = Task.Run(async () =>
        {
            await foreach (var item in client.ListenRawAsync(Key))
            {
                seen.Add(item);
            }
        });
        await Wait.Until(() => seen.Count == 1, "the listener has the begin");

        // Nobody listens at the address any more, and the run continues.
        var address = proxy.Url;
        await proxy.DisposeAsync();
        await app.Sessions.AppendAsync(Key, "1");
        await app.Sessions.FinishAsync(Key);
        await using var back = new CuttingProxy(app.Http.BaseAddress!, address.Port);
        await listening.Within();
        Assert.Equal([Protocol.Begin, Protocol.Event], seen.Select(item => item.Type));
    }

    [Fact]
    public async Task A_whole_program_is_asked_and_remembers()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var client = NewClient(new Uri(app.Urls.First()));
        Assert.Null(await client.GetHistoryAsync(Key));
        var asking = client.AskAsync(Key, "greet");
        await model.Waits.Task.Within();
        Assert.True(await client.IsLiveAsync(Key));
        await Assert.ThrowsAsync<SessionBusyException>(() => client.AskAsync(Key, "me too"));
        await Assert.ThrowsAsync<SessionBusyException>(() => client.DeleteSessionAsync(Key));
        Assert.Equal("nobody", (await Assert.ThrowsAsync<UnknownAgentException>(() => client.AskAsync(ChatApp.Key("s2"), "hi", "nobody"))).Agent);
        Assert.Equal("No agent is named 'nobody'.", (await Assert.ThrowsAsync<UnknownAgentException>(() => client.AskAsync(ChatApp.Key("s2"), "hi", "nobody"))).Message);
        Assert.Equal("prompt", (await Assert.ThrowsAsync<InvalidInputException>(() => client.AskAsync(ChatApp.Key("s2"), " "))).Field);

        model.Continue.SetResult();
        Assert.Equal("Hello world", await asking.Within());
        var history = await client.GetHistoryAsync(Key);
        Assert.Equal(("greet", "Hello world"), (history!.Nodes.Single().Prompt, history.Answer));

        var session = await client.GetSessionAsync(Key);
        await client.ImportMessagesAsync(ChatApp.Key("copy"), session!.Messages);
        Assert.Equal("Hello world", (await client.GetHistoryAsync(ChatApp.Key("copy")))!.Answer);
        await Assert.ThrowsAsync<InvalidInputException>(() => client.ImportMessagesAsync(Key, "{}"u8.ToArray()));
        await client.DeleteSessionAsync(Key);
        Assert.Null(await client.GetSessionAsync(Key));
    }

    [Fact]
    public async Task A_canceled_run_is_told_as_such_to_who_asked_on_both_sides()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var outside = NewClient(new Uri(app.Urls.First()));
        var inside = app.Services.GetRequiredService<IAgentStreamClient>();
        foreach (var (client, session) in (IEnumerable<(IAgentStreamClient, string)>)[(outside, "o"), (inside, "i")])
        {
            var asking = client.AskAsync(ChatApp.Key(session), "greet");
            await Wait.Until(() => client.IsLiveAsync(ChatApp.Key(session)), "the run is live");
            Assert.True(await client.CancelAsync(ChatApp.Key(session)));
            await Assert.ThrowsAsync<RunCanceledException>(() => asking.Within());
            Assert.False(await client.CancelAsync(ChatApp.Key(session)));
        }
    }

    private static AgentStreamHttpClient NewClient(Uri server) => new(new Uri(server, "chat"));
}
