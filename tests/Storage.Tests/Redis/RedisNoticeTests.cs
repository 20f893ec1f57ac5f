using System.Text;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Tailing;

namespace AgentStream.Storage.Tests.Redis;

public sealed class RedisNoticeTests
{
    [Fact]
    public void Events_come_as_they_were_added()
    {
        var notice = Read("grown 1-0\n2-0 5 11 7\neventpydantic-ai{\"a\":1}2-1 4 3 0\ninfoüx3-0 3 1 3\nendo[\n]");
        Assert.Equal((StreamNoticeKind.Grown, new Cursor(1, 0)), (notice.Kind, notice.After));
        Assert.Equal(
            [(new(2, 0), "event", "pydantic-ai", "{\"a\":1}"), (new(2, 1), "info", "üx", ""), (new Cursor(3, 0), "end", "o", "[\n]")],
            notice.Events.Select(item => (item.Cursor, item.Type, item.Origin, Encoding.UTF8.GetString(item.Body.Span))));
    }

    [Theory]
    [InlineData("grown")]
    [InlineData("")]
    [InlineData("grown 1-0")]
    [InlineData("grown x\n2-0 1 1 1\nabc")]
    [InlineData("grown 1-0\n2-0 1 1 1\nab")]
    [InlineData("grown 1-0\n2-0 1 1\nabc")]
    [InlineData("grown 1-0\n2-0 -1 1 1\nabc")]
    [InlineData("grown 1-0\n2-0 2147483647 2147483647 1\nabc")]
    [InlineData("grown 1-0\n2-0 1 1 1\nabcd")]
    [InlineData("something else")]
    public void What_cannot_be_read_says_that_the_stream_has_grown(string message)
    {
        var notice = Read(message);
        Assert.Equal(StreamNoticeKind.Grown, notice.Kind);
        Assert.Empty(notice.Events);
    }

    [Fact]
    public void The_other_words_are_known()
    {
        Assert.Equal(StreamNoticeKind.Canceled, Read("canceled").Kind);
        Assert.Equal(StreamNoticeKind.Unsure, RedisNotice.Read(null).Kind);
    }

    [Fact]
    public void What_joins_on_is_taken_in_whatever_order_it_came()
    {
        var noticed = new NoticedEntries();
        noticed.Add(Notice(3, 4, 5));
        noticed.Add(Notice(1, 2, 3));
        noticed.Add(Notice(0, 1));
        Assert.Equal([2, 3, 4, 5], Take(noticed, 1, out var isAll));
        Assert.True(isAll);
        Assert.Empty(Take(noticed, 5, out isAll));
        Assert.True(isAll);
    }

    [Fact]
    public void Behind_a_gap_the_log_is_asked()
    {
        var noticed = new NoticedEntries();
        noticed.Add(Notice(1, 2));
        noticed.Add(Notice(3, 4));
        Assert.Equal([2], Take(noticed, 1, out var isAll));
        Assert.False(isAll);

        noticed.Add(Notice(4, 5));
        noticed.Add(new StreamNotice(StreamNoticeKind.Canceled));
        noticed.Add(Notice(5, 6));
        Assert.Empty(Take(noticed, 4, out isAll));
        Assert.False(isAll);

        for (ulong i = 0; i < 100; i++)
        {
            noticed.Add(Notice(i, i + 1));
        }

        Assert.Empty(Take(noticed, 0, out isAll));
        Assert.False(isAll);
        noticed.Add(Notice(100, 101));
        Assert.Equal([101], Take(noticed, 100, out isAll));
        Assert.True(isAll);
    }

    private static StreamNotice Read(string message) => RedisNotice.Read(Encoding.UTF8.GetBytes(message));

    private static StreamNotice Notice(ulong after, params ulong[] events) =>
        new(StreamNoticeKind.Grown, [.. events.Select(i => new StreamEntry(new(i, 0), "event", "o", default))], new(after, 0));

    private static IEnumerable<int> Take(NoticedEntries noticed, ulong tail, out bool isAll) =>
        noticed.TakeBehind(new(tail, 0), out isAll).Select(item => (int)item.Cursor.Milliseconds);
}
