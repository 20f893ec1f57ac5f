using System.Collections.Concurrent;
using System.Globalization;
using AgentStream.Models.Endpoint;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>Which requests are repeated, and when.</summary>
public sealed class RetryTests
{
    private static readonly RequestDelegate Hello = Reply.Stream(Reply.Text("Hello"), Reply.Finish(), Reply.Done);

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(529)]
    public async Task A_request_that_is_refused_for_now_is_repeated(int status)
    {
        await using var server = await ModelServer.StartAsync(Refusal(status, "0"), Hello);
        using var client = server.Client(time: _time);
        Assert.Equal("Hello", (await client.AskAsync()).ToChatResponse().Text);

        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(server.Requests[0].Body.GetRawText(), server.Requests[1].Body.GetRawText());
        Assert.Equal(server.Requests[0].Authorization, server.Requests[1].Authorization);
    }

    [Fact]
    public async Task After_three_repetitions_the_last_refusal_is_told()
    {
        var fault = await Ask.FaultAsync(Refusal(500, "0"), Refusal(502, "0"), Refusal(500, "0"), Reply.Status(503, """{"error":{"message":"overloaded"}}"""));
        Assert.Equal("the model 'tiny' answered 503 Service Unavailable: overloaded", fault.Message);
        Assert.Equal(503, fault.Status);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(422)]
    public async Task What_the_endpoint_will_always_refuse_is_not_repeated(int status)
    {
        Assert.Equal(status, (await Ask.FaultAsync(Refusal(status, "0"))).Status);
    }

    [Fact]
    public async Task An_endpoint_may_say_that_repeating_is_of_no_use()
    {
        var fault = await Ask.FaultAsync(Reply.Status(429, """{"error":{"message":"no credits"}}""", ("x-should-retry", "false")));
        Assert.Equal("the model 'tiny' answered 429 Too Many Requests: no credits", fault.Message);
    }

    [Theory]
    [InlineData("Retry-After", "7", 7000)]
    [InlineData("Retry-After", "0.25", 250)]
    [InlineData("Retry-After", "Thu, 01 Jan 2026 00:00:09 GMT", 9000)]
    [InlineData("retry-after-ms", "1500", 1500)]
    public async Task The_endpoint_says_how_long_to_wait(string header, string value, int milliseconds)
    {
        await using var server = await ModelServer.StartAsync(Reply.Status(429, "", (header, value)), Hello);
        using var client = server.Client(time: _time);
        var answer = client.AskAsync();
        await Wait.Until(() => _time.ArmedTimers == 1);

        _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.Equal(1, _time.ArmedTimers);
        Assert.Single(server.Requests);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("Hello", (await answer).ToChatResponse().Text);
    }

    [Fact]
    public async Task Milliseconds_go_before_seconds_and_a_date_in_the_past_asks_for_no_wait()
    {
        await using var server = await ModelServer.StartAsync(
            Reply.Status(429, "", ("Retry-After", "20"), ("retry-after-ms", "0")), Refusal(429, "Wed, 31 Dec 2025 23:00:00 GMT"), Hello);
        using var client = server.Client(time: _time);
        Assert.Equal("Hello", (await client.AskAsync()).ToChatResponse().Text);
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("soon")]
    public async Task Without_a_word_from_the_endpoint_the_waits_double(string? retryAfter)
    {
        var refusal = retryAfter is null ? Reply.Status(500) : Refusal(500, retryAfter);
        var time = new HastyTime();
        await using var server = await ModelServer.StartAsync(refusal, refusal, refusal, Hello);
        using var client = server.Client(time: time);
        Assert.Equal("Hello", (await client.AskAsync()).ToChatResponse().Text);

        // At least three quarters of each, and at most all of it.
        Assert.Collection(
            time.Waits,
            wait => Assert.InRange(wait.TotalSeconds, 0.375, 0.5),
            wait => Assert.InRange(wait.TotalSeconds, 0.75, 1),
            wait => Assert.InRange(wait.TotalSeconds, 1.5, 2));
    }

    [Fact]
    public async Task Who_asks_for_too_long_a_wait_is_not_waited_for()
    {
        var tooLong = (RetryRule.MaxWait.TotalSeconds + 1).ToString(CultureInfo.InvariantCulture);
        var fault = await Ask.FaultAsync(Reply.Status(429, """{"error":{"message":"slow down"}}""", ("Retry-After", tooLong)));
        Assert.Equal($"the model 'tiny' answered 429 Too Many Requests: slow down (it asks to wait {tooLong} s)", fault.Message);
    }

    [Fact]
    public async Task A_cancel_ends_the_wait()
    {
        await using var server = await ModelServer.StartAsync(Refusal(429, "20"), Hello);
        using var client = server.Client(time: _time);
        using var cancel = new CancellationTokenSource();
        var answer = client.AskAsync(null, cancel.Token);
        await Wait.Until(() => _time.ArmedTimers == 1);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Assert.Single(server.Requests);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task A_connection_that_is_lost_before_the_answer_is_tried_again()
    {
        await using var server = await ModelServer.StartAsync(Reply.Nothing(), Hello);
        using var client = server.Client(time: _time);
        var answer = client.AskAsync();
        await Wait.Until(() => _time.ArmedTimers == 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("Hello", (await answer).ToChatResponse().Text);
    }

    [Fact]
    public async Task An_endpoint_that_is_not_there_is_told_of_once_all_tries_have_failed()
    {
        var nobody = new Uri($"http://127.0.0.1:{Ports.Free()}/v1");
        using var client = new OpenAIChatClient("tiny", ModelServer.ApiKey, nobody, _time);
        var answer = client.AskAsync();
        for (var tries = 1; tries <= RetryRule.MaxRetries; tries++)
        {
            await Wait.Until(() => _time.ArmedTimers == 1 || answer.IsCompleted);
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        var fault = await Assert.ThrowsAsync<ModelException>(() => answer);
        Assert.Equal($"the model 'tiny' cannot be reached, in 4 tries: Connection refused ({nobody.Authority})", fault.Message);
        Assert.DoesNotContain(ModelServer.ApiKey, fault.ToString(), StringComparison.Ordinal);
        Assert.Null(fault.Status);
    }

    [Fact]
    public async Task What_has_begun_is_not_asked_for_again()
    {
        var fault = await Ask.FaultAsync(Reply.Stream("""{"error":{"message":"overloaded","code":503}}"""));
        Assert.Equal("the model 'tiny' failed within its answer: overloaded (503)", fault.Message);
    }

    private static RequestDelegate Refusal(int status, string retryAfter) => Reply.Status(status, "", ("Retry-After", retryAfter));

    /// <summary>A clock that notes each wait and ends it at once.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private readonly ConcurrentQueue<TimeSpan> _waits = new();

        public IEnumerable<TimeSpan> Waits => _waits;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _waits.Enqueue(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
