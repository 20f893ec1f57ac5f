using System.Text;
using AgentStream.Storage.Webhooks;

namespace AgentStream.Storage.Tests.Webhooks;

/// <summary>What every outbox of webhooks promises. A class for each gives it the outbox.</summary>
public abstract class WebhookOutboxContract
{
    private protected static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, 7, TimeSpan.Zero);

    private readonly SessionKey _key = Samples.NewSession();

    /// <summary>The outbox under test.</summary>
    protected abstract IWebhookOutbox Outbox { get; }

    /// <summary>The outbox as another process, or the next one, sees it; null when nobody else can.</summary>
    protected abstract ValueTask<IWebhookOutbox?> OpenAgainAsync();

    [Fact]
    public async Task Nothing_is_due_where_nobody_has_added_anything()
    {
        Assert.Empty(await TakeAsync(DateTimeOffset.MaxValue));
        Assert.False(await Outbox.SetAsync("msg_1", 0, 1, Noon));
        await Outbox.RemoveAsync("msg_1");
    }

    [Fact]
    public async Task What_was_added_is_due_at_its_time_with_all_that_it_had_and_not_a_millisecond_before()
    {
        var added = New("msg_1") with { Content = Encoding.UTF8.GetBytes("{\"a\": \"ä b\nc\"}") };
        Assert.True(await Outbox.AddAsync(added, Noon, 10));
        Assert.Empty(await TakeAsync(Noon.AddMilliseconds(-1)));
        var taken = Assert.Single(await TakeAsync(Noon));
        Assert.Equal(added with { Content = taken.Content }, taken);
        Assert.Equal(added.Content.ToArray(), taken.Content.ToArray());
        Assert.Equal(WebhookDelivery.Announced, taken.Attempt);
    }

    [Fact]
    public async Task What_is_taken_is_hidden_for_a_while_and_due_again_then()
    {
        await AddAsync("msg_1", Noon);
        Assert.Single(await Outbox.TakeDueAsync(Noon, Noon.AddSeconds(45), 10));
        Assert.Empty(await TakeAsync(Noon.AddSeconds(44)));
        Assert.Single(await TakeAsync(Noon.AddSeconds(45)));
    }

    [Fact]
    public async Task The_one_that_is_due_longest_comes_first_and_no_more_than_are_asked_for()
    {
        await AddAsync("msg_3", Noon);
        await AddAsync("msg_1", Noon.AddDays(-1));
        await AddAsync("msg_2", Noon.AddSeconds(-1));
        Assert.Equal(["msg_1", "msg_2"], (await TakeAsync(Noon, 2)).Select(taken => taken.Id));
        Assert.Equal(["msg_3"], (await TakeAsync(Noon, 2)).Select(taken => taken.Id));
        Assert.Empty(await TakeAsync(Noon, 2));
    }

    [Fact]
    public async Task Several_that_take_at_once_get_each_one_once()
    {
        for (var i = 0; i < 20; i++)
        {
            await AddAsync($"msg_{i:00}", Noon.AddSeconds(-i));
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => TakeAsync(Noon, 5))));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"msg_{i:00}"), taken.SelectMany(some => some).Select(one => one.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_that_is_added_twice_is_there_once_and_the_last_counts_as_long_as_it_is_only_announced()
    {
        await Outbox.AddAsync(New("msg_1") with { Content = "1"u8.ToArray() }, Noon, 1);
        Assert.True(await Outbox.AddAsync(New("msg_1") with { Content = "2"u8.ToArray() }, Noon.AddHours(1), 1));
        Assert.Empty(await TakeAsync(Noon));
        Assert.Equal("2"u8.ToArray(), Assert.Single(await Outbox.TakeDueAsync(Noon.AddHours(1), Noon.AddHours(2), 10)).Content.ToArray());

        Assert.True(await Outbox.SetAsync("msg_1", WebhookDelivery.Announced, 0, Noon));
        Assert.True(await Outbox.AddAsync(New("msg_1") with { Content = "3"u8.ToArray() }, Noon.AddHours(1), 1));
        var taken = Assert.Single(await TakeAsync(Noon));
        Assert.Equal((0, "2"), (taken.Attempt, Encoding.UTF8.GetString(taken.Content.Span)));
    }

    [Fact]
    public async Task Its_time_is_set_only_if_the_attempt_is_still_the_same()
    {
        await AddAsync("msg_1", Noon);
        Assert.True(await Outbox.SetAsync("msg_1", WebhookDelivery.Announced, 0, Noon.AddHours(1)));
        Assert.False(await Outbox.SetAsync("msg_1", WebhookDelivery.Announced, WebhookDelivery.Announced, Noon));
        Assert.Empty(await TakeAsync(Noon));
        Assert.Equal(0, Assert.Single(await Outbox.TakeDueAsync(Noon.AddHours(1), Noon.AddHours(2), 10)).Attempt);

        Assert.True(await Outbox.SetAsync("msg_1", 0, 1, Noon.AddHours(3)));
        Assert.False(await Outbox.SetAsync("msg_1", 0, 1, Noon));
        Assert.Empty(await TakeAsync(Noon.AddHours(2)));
        var taken = Assert.Single(await TakeAsync(Noon.AddHours(3)));
        Assert.Equal((1, "content"), (taken.Attempt, Encoding.UTF8.GetString(taken.Content.Span)));
    }

    [Fact]
    public async Task What_is_removed_is_gone_and_takes_no_others_along()
    {
        await AddAsync("msg_1", Noon);
        await AddAsync("msg_2", Noon);
        await Outbox.RemoveAsync("msg_1");
        await Outbox.RemoveAsync("msg_1");
        Assert.False(await Outbox.SetAsync("msg_1", WebhookDelivery.Announced, 0, Noon));
        Assert.Equal(["msg_2"], (await TakeAsync(Noon)).Select(taken => taken.Id));
    }

    [Fact]
    public async Task No_more_wait_for_a_receiver_than_may_and_others_have_room()
    {
        Assert.True(await Outbox.AddAsync(New("msg_1"), Noon, 2));
        Assert.True(await Outbox.AddAsync(New("msg_2"), Noon, 2));
        Assert.False(await Outbox.AddAsync(New("msg_3"), Noon, 2));
        Assert.True(await Outbox.AddAsync(New("msg_2"), Noon, 2));
        Assert.True(await Outbox.AddAsync(New("msg_4", "other"), Noon, 2));
        await Outbox.SetAsync("msg_1", WebhookDelivery.Announced, 0, Noon);
        Assert.False(await Outbox.AddAsync(New("msg_3"), Noon, 2));

        await Outbox.RemoveAsync("msg_1");
        await Outbox.RemoveAsync("msg_1");
        Assert.True(await Outbox.AddAsync(New("msg_3"), Noon, 2));
        Assert.False(await Outbox.AddAsync(New("msg_5"), Noon, 2));
        Assert.Equal(["msg_2", "msg_3", "msg_4"], (await TakeAsync(Noon)).Select(taken => taken.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_was_added_is_there_for_the_next_process()
    {
        await AddAsync("msg_1", Noon);
        await Outbox.SetAsync("msg_1", WebhookDelivery.Announced, 3, Noon);
        var again = await OpenAgainAsync();
        Assert.Equal(again is not null, Outbox.OutlivesProcess);
        if (again is not null)
        {
            Assert.Equal(3, Assert.Single(await again.TakeDueAsync(Noon, Noon.AddYears(1), 10)).Attempt);
        }
    }

    private protected WebhookDelivery New(string id, string receiver = "receiver") => new(id, receiver, _key, WebhookDelivery.Announced, "content"u8.ToArray());

    private protected async Task AddAsync(string id, DateTimeOffset due) => Assert.True(await Outbox.AddAsync(New(id), due, 100));

    /// <summary>Takes what is due for good.</summary>
    private protected async Task<IReadOnlyList<WebhookDelivery>> TakeAsync(DateTimeOffset now, int count = 100) => await Outbox.TakeDueAsync(now, DateTimeOffset.MaxValue, count);
}
