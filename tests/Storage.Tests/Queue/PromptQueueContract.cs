using AgentStream.Storage.Queue;

namespace AgentStream.Storage.Tests.Queue;

/// <summary>What every queue of prompts promises. A class for each gives it the queue.</summary>
public abstract class PromptQueueContract
{
    private readonly SessionKey _key = Samples.NewSession();

    /// <summary>The queue under test.</summary>
    protected abstract IPromptQueue Queue { get; }

    [Fact]
    public async Task The_order_stays_a_prompt_is_taken_once_and_what_is_out_is_forgotten()
    {
        var prompts = Enumerable.Range(0, 3).Select(i => Prompt($"run-{i}", $"prompt\n{i} é") with
        {
            Tools = i == 0 ? null : [new("locate", "Where?", """{ "type": "object" }"""), new("ask")],
            IdempotencyKey = i == 1 ? "key \"é" : null,
            RequestHash = i == 1 ? "hash" : null,
            Steers = i == 2,
            Webhook = i == 1 ? null : "https://hooks.example.com/a",
            Traceparent = i == 1 ? null : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Caller = i == 1 ? null : new([new("email", "anna@example.com")], ["refunds"]),
        }).ToList();
        foreach (var prompt in prompts)
        {
            Assert.Equal(prompts.IndexOf(prompt) + 1, await Queue.AddAsync(_key, prompt));
        }

        Assert.Equal(2, await Queue.AddAsync(_key, prompts[1]));
        Assert.Equal(3, await Queue.CountAsync(_key));
        Assert.Equal(prompts.Select(QueuedPromptInfo.Of), await Queue.ListAsync(_key));
        Assert.Equal(prompts, await FindAllAsync(_key));
        await Queue.RemoveAsync(_key, "run-0");
        await Queue.RemoveAsync(_key, "run-0");
        Assert.Null(await Queue.FindAsync(_key, "run-0"));
        Assert.Equal(prompts.Skip(1), await FindAllAsync(_key));
        Assert.Equal([_key], await Queue.ListSessionsAsync(10));
        await Queue.RemoveAsync(_key, "run-1");
        await Queue.RemoveAsync(_key, "run-2");
        Assert.Equal(0, await Queue.CountAsync(_key));
        Assert.Empty(await Queue.ListAsync(_key));
        Assert.Empty(await Queue.ListSessionsAsync(10));
    }

    [Fact]
    public async Task The_hundred_and_first_is_refused_and_a_repeated_one_is_not()
    {
        for (var i = 1; i <= IPromptQueue.MaxQueued; i++)
        {
            Assert.Equal(i, await Queue.AddAsync(_key, Prompt($"run-{i}")));
        }

        Assert.Equal(0, await Queue.AddAsync(_key, Prompt("run-101")));
        Assert.Equal(7, await Queue.AddAsync(_key, Prompt("run-7")));
        Assert.Equal(1, await Queue.AddAsync(Samples.NewSession(), Prompt("run-101")));
        await Queue.RemoveAsync(_key, "run-1");
        Assert.Equal(100, await Queue.AddAsync(_key, Prompt("run-101")));
    }

    [Fact]
    public async Task A_user_and_a_scope_have_no_more_prompts_waiting_than_are_allowed()
    {
        var scope = $"scope-{Guid.NewGuid():N}";
        var limits = new LimitOptions { PerUser = { QueuedPrompts = 3 }, PerScope = { QueuedPrompts = 5 } };
        var (anna, ben) = (new UserKey(scope, "anna"), new UserKey(scope, "ben"));
        Assert.Equal(1, await Queue.AddAsync(anna.Session("a"), Prompt("run-1"), limits));
        Assert.Equal(1, await Queue.AddAsync(anna.Session("b"), Prompt("run-2"), limits));
        Assert.Equal(2, await Queue.AddAsync(anna.Session("b"), Prompt("run-3"), limits));
        var error = await Assert.ThrowsAsync<LimitExceededException>(async () => await Queue.AddAsync(anna.Session("c"), Prompt("run-4"), limits));
        Assert.Equal((LimitNames.QueuedPrompts, LimitTarget.User, 3, TimeSpan.FromSeconds(5)), (error.Limit, error.Target, error.Allowed, error.RetryAfter));
        Assert.Equal(2, await Queue.AddAsync(anna.Session("b"), Prompt("run-3"), limits));
        Assert.Equal(0, await Queue.CountAsync(anna.Session("c")));

        Assert.Equal(1, await Queue.AddAsync(ben.Session("a"), Prompt("run-5"), limits));
        Assert.Equal(2, await Queue.AddAsync(ben.Session("a"), Prompt("run-6"), limits));
        error = await Assert.ThrowsAsync<LimitExceededException>(async () => await Queue.AddAsync(ben.Session("a"), Prompt("run-7"), limits));
        Assert.Equal((LimitTarget.Scope, 5), (error.Target, error.Allowed));
        Assert.Equal((new UsageCount(3, 5), new UsageCount(2, 5)), (await Queue.CountAsync(anna), await Queue.CountAsync(ben)));
        Assert.Equal(1, await Queue.AddAsync(new UserKey(scope + "-other", "anna").Session("a"), Prompt("run-8"), limits));

        await Queue.RemoveAsync(anna.Session("b"), "run-2");
        await Queue.RemoveAsync(anna.Session("b"), "run-2");
        Assert.Equal(new UsageCount(2, 4), await Queue.CountAsync(anna));
        await Queue.RemoveAsync(anna.Session("b"), "run-3");
        await Queue.RemoveAsync(anna.Session("a"), "run-1");
        Assert.Equal(new UsageCount(0, 2), await Queue.CountAsync(anna));
        Assert.Equal(1, await Queue.AddAsync(anna.Session("a"), Prompt("run-9"), limits));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(10)]
    public async Task Sessions_of_a_user_take_turns_when_there_are_more_than_are_asked_for(int count)
    {
        var keys = Enumerable.Range(0, 7).Select(_ => Samples.NewSession()).ToList();
        foreach (var key in keys.Concat(keys))
        {
            await Queue.AddAsync(key, Prompt(Guid.NewGuid().ToString()));
        }

        var seen = new List<SessionKey>();
        while (seen.Count < 21)
        {
            var found = await Queue.ListSessionsAsync(count);
            Assert.Equal(Math.Min(count, 7), found.Distinct().Count());
            seen.AddRange(found);
        }

        Assert.All(seen.Take(21).GroupBy(key => key), session => Assert.Equal(3, session.Count()));
    }

    [Fact]
    public async Task One_user_with_very_many_waiting_sessions_is_not_in_the_way_of_others()
    {
        var many = Enumerable.Range(0, 500).Select(i => new SessionKey("1", "many", $"s{i}")).ToList();
        var (before, after) = (new SessionKey("1", "few", "only"), new SessionKey("2", "few", "only"));
        await Queue.AddAsync(before, Prompt("run"));
        foreach (var key in many)
        {
            await Queue.AddAsync(key, Prompt("run"));
        }

        await Queue.AddAsync(after, Prompt("run"));

        // As many as users: each is there each time.
        for (var look = 0; look < 5; look++)
        {
            var found = await Queue.ListSessionsAsync(3);
            Assert.Equal(3, found.Count);
            Assert.Contains(before, found);
            Assert.Contains(after, found);
        }

        // Fewer than users: each has every third place.
        var users = new List<string>();
        for (var look = 0; look < 30; look++)
        {
            var key = Assert.Single(await Queue.ListSessionsAsync(1));
            users.Add($"{key.Scope}:{key.User}");
        }

        Assert.All(users.Chunk(3), turn => Assert.Equal(3, turn.Distinct().Count()));

        // The others' one session each leaves their shares free; each session of the one has its turn all the same.
        var seen = new HashSet<SessionKey>();
        for (var look = 0; look < 51; look++)
        {
            var found = await Queue.ListSessionsAsync(30);
            Assert.True(found.Count <= 30, $"{found.Count} sessions");
            Assert.Contains(before, found);
            seen.UnionWith(found);
        }

        Assert.Superset(many.ToHashSet(), seen);
    }

    [Fact]
    public async Task A_user_who_comes_and_goes_does_not_push_to_the_front()
    {
        var (waits, pushes) = (new SessionKey("1", "waits", "s"), new SessionKey("1", "pushes", "s"));
        await Queue.AddAsync(waits, Prompt("run"));
        await Queue.AddAsync(pushes, Prompt("run"));
        var served = 0;
        for (var look = 0; look < 10; look++)
        {
            await Queue.RemoveAsync(pushes, "run");
            await Queue.AddAsync(pushes, Prompt("run"));
            served += (await Queue.ListSessionsAsync(1)).Contains(waits) ? 1 : 0;
        }

        Assert.InRange(served, 4, 10);
    }

    protected static QueuedPrompt Prompt(string run, string text = "go") => new(run, "assistant", text, DateTimeOffset.UnixEpoch);

    protected async Task<IReadOnlyList<QueuedPrompt?>> FindAllAsync(SessionKey key)
    {
        var prompts = new List<QueuedPrompt?>();
        foreach (var info in await Queue.ListAsync(key))
        {
            prompts.Add(await Queue.FindAsync(key, info.RunId));
        }

        return prompts;
    }
}
