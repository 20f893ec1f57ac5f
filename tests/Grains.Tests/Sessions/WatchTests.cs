using System.Text;
using AgentStream.Storage.Sessions;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>Who watches a user's sessions hears what happens to them.</summary>
public sealed class WatchTests(RedisFixture redis) : IClassFixture<RedisFixture>, IAsyncDisposable
{
    private readonly SessionKey _key = new("acme", $"user-{Guid.NewGuid():N}", "s1");
    private readonly CancellationTokenSource _stop = new(Wait.Limit);
    private IAsyncEnumerator<SessionEvent>? _events;

    public async ValueTask DisposeAsync()
    {
        if (_events is not null)
        {
            await _events.DisposeAsync();
        }

        _stop.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sessions_life_is_told_from_its_first_prompt_to_its_deletion(bool isRedis)
    {
        await using var silos = await StartAsync(isRedis, [Step.Say("hello")], [Step.Call("1", "pay")], [Step.Say("paid")]);
        await WatchAsync(silos);

        await silos.RunAsync(_key);
        Assert.Equal((SessionEventKind.Created, "go"), await NextAsync());
        Assert.Equal((SessionEventKind.Started, "go"), await NextAsync());
        Assert.Equal((SessionEventKind.Ended, null), await NextAsync());

        // The list that is read now says the same.
        Assert.False(Assert.Single(await silos.Client.ListSessionsAsync(_key.UserKey)).IsLive);

        await silos.RunAsync(_key);
        Assert.Equal((SessionEventKind.Started, "go"), await NextAsync());
        Assert.Equal((SessionEventKind.Waiting, null), await NextAsync());

        var request = Assert.Single(await silos.Client.GetPendingAsync(_key));
        await silos.Client.AnswerAsync(_key, new ApprovalAnswer(request.RequestId, true));
        Assert.Equal((SessionEventKind.Started, "go"), await NextAsync());
        Assert.Equal((SessionEventKind.Ended, null), await NextAsync());

        await silos.Client.ImportMessagesAsync(_key, """[{"kind":"request","parts":[{"part_kind":"user-prompt","content":"from elsewhere"}]}]"""u8.ToArray());
        Assert.Equal((SessionEventKind.Renamed, "from elsewhere"), await NextAsync());

        await silos.Client.RenameSessionAsync(_key, "my notes");
        Assert.Equal((SessionEventKind.Renamed, "my notes"), await NextAsync());

        await silos.Client.DeleteSessionAsync(_key);
        Assert.Equal((SessionEventKind.Deleted, null), await NextAsync());

        await silos.Client.ImportMessagesAsync(_key, """[{"kind":"request","parts":[{"part_kind":"user-prompt","content":"again"}]}]"""u8.ToArray());
        Assert.Equal((SessionEventKind.Created, "again"), await NextAsync());
    }

    [Fact]
    public async Task A_title_is_the_one_that_the_list_has_however_long_the_prompt_is()
    {
        await using var silos = await StartAsync(false, [Step.Say("hello")]);
        await WatchAsync(silos);
        await silos.RunAsync(_key, $"what\nis {new string('x', 10_000)}?");
        var listed = Assert.Single(await silos.Client.ListSessionsAsync(_key.UserKey)).Title;
        Assert.Equal((SessionEventKind.Created, listed), await NextAsync());
        Assert.Equal((SessionEventKind.Started, listed), await NextAsync());
        Assert.Equal(SessionEventKind.Ended, (await NextAsync()).Kind);
        await silos.Client.ImportMessagesAsync(_key, Encoding.UTF8.GetBytes($$"""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":"{{new string('y', 10_000)}}"}]}]"""));
        Assert.Equal((SessionEventKind.Renamed, $"{new string('y', 79)}…"), await NextAsync());
    }

    [Fact]
    public async Task A_run_that_fails_or_is_canceled_has_ended()
    {
        var gate = new Gate();
        await using var silos = await StartAsync(false, [new Step.Fail("no")], [new Step.Pause(gate)]);
        await WatchAsync(silos);
        await silos.RunAsync(_key);
        Assert.Equal([SessionEventKind.Created, SessionEventKind.Started, SessionEventKind.Ended], await KindsAsync(3));

        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.True(await silos.Client.CancelAsync(_key));
        Assert.Equal([SessionEventKind.Started, SessionEventKind.Ended], await KindsAsync(2));
    }

    [Fact]
    public async Task Who_reads_too_slowly_is_told_to_read_the_list_and_not_what_came_before()
    {
        await using var silos = await StartAsync(false);
        await WatchAsync(silos);
        var events = silos.Services.GetRequiredService<ISessionEvents>();
        for (var i = 0; i < 1_000; i++)
        {
            events.Publish(new SessionEvent(SessionEventKind.Started, _key, DateTimeOffset.UnixEpoch));
        }

        Assert.Equal((SessionEventKind.Refresh, null), await NextAsync());
        events.Publish(new SessionEvent(SessionEventKind.Ended, _key, DateTimeOffset.UnixEpoch));
        Assert.Equal((SessionEventKind.Ended, null), await NextAsync());
    }

    private Task<TestSilos> StartAsync(bool isRedis, params Step[][] nodes) => TestSilos.StartAsync(
        isRedis ? redis.Server.Configuration : null, new ScriptedModel(nodes), _ => { }, agent => agent.WithTool(() => "paid", "pay", requiresApproval: true));

    private async Task WatchAsync(TestSilos silos)
    {
        _events = silos.Client.WatchSessionsAsync(_key.UserKey, _stop.Token).GetAsyncEnumerator();
        Assert.Equal((SessionEventKind.Refresh, null), await NextAsync());
    }

    private async Task<List<SessionEventKind>> KindsAsync(int count)
    {
        var kinds = new List<SessionEventKind>();
        while (kinds.Count < count)
        {
            kinds.Add((await NextAsync()).Kind);
        }

        return kinds;
    }

    private async Task<(SessionEventKind Kind, string? Title)> NextAsync()
    {
        Assert.True(await _events!.MoveNextAsync());
        Assert.Equal(_events.Current.Kind == SessionEventKind.Refresh ? null : _key, _events.Current.Key);
        return (_events.Current.Kind, _events.Current.Title);
    }
}
