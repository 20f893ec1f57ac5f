using AgentStream.Storage.Ownership;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests;

public abstract partial class StreamStoreContract
{
    [Fact]
    public async Task Of_a_hundred_cancels_at_once_one_answers_true()
    {
        var run = await StartedAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => Log.CancelAsync(run.Key))));

        Assert.Single(answers, answer => answer);
        Assert.False(await Log.IsLiveAsync(run.Key));
        Assert.Equal([RunStatus.Canceled], await Log.CheckAsync([run]));
    }

    [Fact]
    public async Task A_cancel_of_nothing_answers_false()
    {
        var run = await StartedAsync();
        await FinishAsync(run);

        Assert.False(await Log.CancelAsync(run.Key));
        Assert.False(await Log.CancelAsync(NewSession()));
    }

    [Fact]
    public async Task Each_run_can_be_canceled()
    {
        var first = await StartedAsync();
        Assert.True(await Log.CancelAsync(first.Key));
        await FinishAsync(first);
        await StartedAsync(first.Key);

        Assert.True(await Log.CancelAsync(first.Key));
    }

    [Fact]
    public async Task A_request_that_comes_again_gets_the_answer_that_it_got_first_and_cancels_no_later_run()
    {
        var first = await StartedAsync();
        var (one, two) = (CancelRequest.Of(first.RunId), CancelRequest.Of(first.RunId));
        Assert.True(await Log.CancelAsync(first.Key, one));
        Assert.False(await Log.CancelAsync(first.Key, two));
        await FinishAsync(first);
        var next = await StartedAsync(first.Key);

        Assert.True(await Log.CancelAsync(first.Key, one));
        Assert.False(await Log.CancelAsync(first.Key, two));
        Assert.Equal([RunStatus.Live], await Log.CheckAsync([next]));
    }

    [Fact]
    public async Task A_request_cancels_the_run_that_it_names_and_no_other()
    {
        var first = await StartedAsync();
        await FinishAsync(first);
        var next = await StartedAsync(first.Key);

        Assert.False(await Log.CancelAsync(first.Key, CancelRequest.Of(first.RunId)));
        Assert.False(await Log.CancelAsync(first.Key, CancelRequest.Of(next.RunId[..^1])));
        Assert.Equal([RunStatus.Live], await Log.CheckAsync([next]));

        Assert.True(await Log.CancelAsync(first.Key, CancelRequest.Of(next.RunId)));
        Assert.Equal([RunStatus.Canceled], await Log.CheckAsync([next]));
    }

    [Fact]
    public async Task A_request_cancels_its_run_also_after_that_went_to_another_process()
    {
        var run = await StartedAsync();
        await Log.HandOffAsync(run);
        Assert.True(await Log.CancelAsync(run.Key, CancelRequest.Of(run.RunId)));

        var other = await StartedAsync();
        await Log.HandOffAsync(other);
        Assert.NotNull(await Log.RecoverAsync(other with { SiloId = SiloIdentity.Nobody }, Guid.NewGuid().ToString("N")));
        Assert.True(await Log.CancelAsync(other.Key, CancelRequest.Of(other.RunId)));
    }

    [Fact]
    public async Task A_request_of_one_session_says_nothing_of_another()
    {
        var (one, other) = (await StartedAsync(), await StartedAsync());

        Assert.True(await Log.CancelAsync(one.Key, new(one.RunId, "same")));
        Assert.True(await Log.CancelAsync(other.Key, new(other.RunId, "same")));
    }

    [Fact]
    public async Task Of_a_request_that_comes_often_at_once_all_get_one_answer()
    {
        var run = await StartedAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => Log.CancelAsync(run.Key, new(run.RunId, "often")))));

        Assert.All(answers, Assert.True);
    }

    [Fact]
    public async Task A_cancel_is_told_to_the_owner()
    {
        var (siloId, heard) = (Guid.NewGuid().ToString("N"), new TaskCompletionSource<RunToken?>());
        await using var watch = await Log.WatchRunsAsync(siloId, heard.SetResult);
        var run = await StartedAsync(siloId: siloId);
        await StartedAsync(siloId: siloId);

        await Log.CancelAsync(run.Key);

        Assert.Equal(run, await heard.Task.Within());
    }

    [Fact]
    public async Task Check_answers_for_each_run_in_order()
    {
        var live = await StartedAsync();
        var canceled = await StartedAsync();
        await Log.CancelAsync(canceled.Key);
        var ended = await StartedAsync();
        await FinishAsync(ended);
        var many = await Task.WhenAll(Enumerable.Range(0, 600).Select(_ => StartedAsync()));
        await Log.CancelAsync(many[599].Key);

        var statuses = await Log.CheckAsync([live, canceled, ended, NewRun(live.Key), NewRun(NewSession()), .. many]);

        Assert.Equal([RunStatus.Live, RunStatus.Canceled, RunStatus.Lost, RunStatus.Lost, RunStatus.Lost], statuses.Take(5));
        Assert.Equal(Enumerable.Repeat(RunStatus.Live, 599).Append(RunStatus.Canceled), statuses.Skip(5));
        Assert.Empty(await Log.CheckAsync([]));
    }

    [Fact]
    public async Task Query_answers_the_live_sessions_of_the_user_sorted()
    {
        var b = await StartedAsync(_user.Session("b"));
        var a = await StartedAsync(_user.Session("a"));
        var c = await StartedAsync(_user.Session("C"));
        await FinishAsync(await StartedAsync(_user.Session("ended")));
        await Log.CancelAsync((await StartedAsync(_user.Session("canceled"))).Key);
        var stranger = await StartedAsync(new SessionKey(_user.Scope + "1", _user.User, "a"));

        Assert.Equal([c.Key, a.Key, b.Key], await Log.GetLiveSessionsAsync(_user));
        Assert.Equal([c.Key, a.Key, b.Key], await Log.GetLiveSessionsAsync(_user, includeExternal: true));
        Assert.Equal([stranger.Key], await Log.GetLiveSessionsAsync(stranger.Key.UserKey));
        Assert.Empty(await Log.GetLiveSessionsAsync(new("99", _user.User)));
    }
}
