using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

public sealed class ClientTests
{
    private static readonly SessionKey Key = ChatApp.Key("s1");

    [Fact]
    public async Task A_run_is_started_followed_and_found_within_the_program()
    {
        await using var app = await ChatApp.StartAsync();
        var client = app.Services.GetRequiredService<AgentStreamClient>();
        Assert.False(await client.IsLiveAsync(Key));

        var run = await client.StartAsync(Key, new RunRequest("hello"));
        Assert.True(await client.IsLiveAsync(Key));
        Assert.Equal([Key], await client.GetLiveSessionsAsync(new UserKey(1, 1)));

        var all = ListSessionsAsync(client, after: null);
        var rest = ListSessionsAsync(client, run.Begin);
        await app.Sessions.AppendAsync(Key, """{"n":1}""");
        await app.Sessions.FinishAsync(Key);

        // The end is told by completing, not by an event.
        Assert.Equal([Protocol.Begin, Protocol.Event], await all.Within());
        Assert.Equal([Protocol.Event], await rest.Within());
        Assert.Empty(await client.GetLiveSessionsAsync(new UserKey(1, 1)));
    }

    [Fact]
    public async Task A_session_has_more_as_long_as_a_listener_would_see_something()
    {
        await using var app = await ChatApp.StartAsync();
        var client = app.Services.GetRequiredService<AgentStreamClient>();
        Assert.False(await client.HasMoreAsync(Key));

        var run = await client.StartAsync(Key, new RunRequest("hello"));
        Assert.True(await client.HasMoreAsync(Key));
        Assert.True(await client.HasMoreAsync(Key, run.Begin));

        await app.Sessions.FinishAsync(Key);
        Assert.True(await client.HasMoreAsync(Key));
        Assert.False(await client.HasMoreAsync(Key, run.Begin));
    }

    [Fact]
    public async Task A_run_is_canceled_for_one_caller_only()
    {
        await using var app = await ChatApp.StartAsync();
        var client = app.Services.GetRequiredService<AgentStreamClient>();
        await client.StartAsync(Key, new RunRequest("hello"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.CancelAsync(Key)));
        Assert.Single(answers, canceled => canceled);
        Assert.False(await client.IsLiveAsync(Key));
    }

    [Fact]
    public async Task Listening_where_nothing_runs_completes()
    {
        await using var app = await ChatApp.StartAsync();

        Assert.Empty(await ListSessionsAsync(app.Services.GetRequiredService<AgentStreamClient>(), after: null).Within());
        Assert.Empty(app.Sessions.Starts);
    }

    private static async Task<List<string>> ListSessionsAsync(AgentStreamClient client, Cursor? after)
    {
        var types = new List<string>();
        await foreach (var streamEvent in client.ListenRawAsync(Key, after))
        {
            types.Add(streamEvent.Type);
        }

        return types;
    }
}
