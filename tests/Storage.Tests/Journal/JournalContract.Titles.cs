using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Tests.Journal;

public abstract partial class JournalContract
{
    [Fact]
    public async Task A_title_that_was_given_takes_the_place_of_the_first_prompt_and_the_last_one_counts()
    {
        var user = new UserKey(6, Random.Shared.NextInt64());
        var run = await StartedAsync(user.Session("s"));
        await Journal.AppendAsync(run, 0, [Samples.Said("first")]);
        await Journal.AppendAsync(run, 1, [Renamed("one"), Renamed("two")]);
        Assert.Equal([("s", "two")], await ListSessionsAsync(user));

        // Neither a later prompt nor an import is a title.
        await Journal.AppendAsync(run, 3, [Samples.Said("second"), Renamed("three"), Samples.Said("third")]);
        await Journal.AppendAsync(run, 6, [Samples.Said("fourth")]);
        Assert.Equal([("s", "three")], await ListSessionsAsync(user));
        await Journal.AppendAsync(run, 7, [Imported(7, "imported"), Renamed("four")]);
        Assert.Equal([("s", "four")], await ListSessionsAsync(user));
        if (await OpenAgainAsync() is { } again)
        {
            Assert.Equal("four", Assert.Single(await again.ListSessionsAsync(user, 10)).Title);
        }

        await Journal.DeleteAsync(run);
        await Journal.AppendAsync(run, 0, [Samples.Said("new")]);
        Assert.Equal([("s", "new")], await ListSessionsAsync(user));
    }

    [Fact]
    public async Task A_title_alone_does_not_move_a_session_in_the_list()
    {
        var user = new UserKey(7, Random.Shared.NextInt64());
        var (old, late) = (await StartedAsync(user.Session("old")), await StartedAsync(user.Session("late")));
        await Journal.AppendAsync(old, 0, [At(0, Samples.Said("a"))]);
        await Journal.AppendAsync(late, 0, [At(1, Samples.Said("b"))]);

        await Journal.AppendAsync(old, 1, [At(2, Renamed("title"))]);
        Assert.Equal([("late", "b"), ("old", "title")], await ListSessionsAsync(user));
        Assert.Equal(At(0, Samples.Said("")).Timestamp, (await Journal.ListSessionsAsync(user, 10))[1].Changed);

        // With something else it moves.
        await Journal.AppendAsync(old, 2, [At(3, Samples.Said("c")), At(4, Renamed("other"))]);
        Assert.Equal([("old", "other"), ("late", "b")], await ListSessionsAsync(user));
        Assert.Equal(At(3, Samples.Said("")).Timestamp, (await Journal.ListSessionsAsync(user, 10))[0].Changed);
    }

    private static RenamedRecord Renamed(string title) => new(title) { Timestamp = Samples.Time };

    /// <summary>A record of a time in whole milliseconds, which every journal keeps in its lists.</summary>
    private static T At<T>(int seconds, T record)
        where T : JournalRecord => record with { Timestamp = DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(seconds) };
}
