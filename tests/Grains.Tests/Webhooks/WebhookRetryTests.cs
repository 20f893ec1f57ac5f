using System.Globalization;
using AgentStream.Grains.Webhooks;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests.Webhooks;

/// <summary>What becomes of a webhook that its receiver does not take.</summary>
public sealed class WebhookRetryTests : IDisposable
{
    private static readonly TimeSpan[] Plan =
        [TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10)];

    private readonly WebhookStage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public async Task It_is_tried_again_by_the_plan_with_the_same_id_and_body_and_a_new_timestamp_and_then_given_up()
    {
        _stage.Receiver.Answer = (_, response) =>
        {
            response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")]));
        await silos.RunAsync(_stage.Key);
        await _stage.Receiver.ReceivedAsync(1);
        for (var i = 0; i < Plan.Length; i++)
        {
            await LoggedAsync($"Attempt {i + 1} of webhook");

            // Not before its time, and at most a tenth after it.
            await _stage.SendAsync(silos, Plan[i] - TimeSpan.FromMilliseconds(1));
            Assert.Equal(i + 1, _stage.Receiver.All.Count);
            await _stage.SendAsync(silos, (Plan[i] / 10) + TimeSpan.FromMilliseconds(1));
            await _stage.Receiver.ReceivedAsync(i + 2);
        }

        await Wait.Until(() => _stage.Log.Warnings.Count > 0, "it to be given up");
        Assert.Single(_stage.Receiver.All.Select(sent => (sent.Id, sent.Body)).Distinct());
        Assert.All(_stage.Receiver.All, sent => Assert.True(sent.IsSignedBy(_stage.Receiver.Secret)));
        var times = _stage.Receiver.All.Select(sent => long.Parse(sent.Timestamp, CultureInfo.InvariantCulture)).ToArray();
        Assert.All(Plan.Index(), pause => Assert.InRange(times[pause.Index + 1] - times[pause.Index], pause.Item.TotalSeconds, pause.Item.TotalSeconds * 1.2));
        Assert.Equal([$"2700 Webhook {_stage.Receiver.All[0].Id} to 127.0.0.1 is given up after 7 attempts: its answer was 500."], _stage.Log.Warnings);
        Assert.DoesNotContain(_stage.Receiver.Path, _stage.Log.All, StringComparison.Ordinal);
        await _stage.SendAsync(silos, TimeSpan.FromDays(1));
        Assert.Equal(7, _stage.Receiver.All.Count);
        await _stage.EmptyAsync();
    }

    [Fact]
    public async Task A_receiver_that_takes_it_at_last_gets_it_no_more()
    {
        _stage.Receiver.Answer = (before, response) =>
        {
            response.StatusCode = before < 2 ? 503 : 204;
            return Task.CompletedTask;
        };
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")]), options =>
        {
            _stage.Configure(options);
            options.Retries.Add("1m");
            options.Retries.Add("1m");
        });
        await silos.RunAsync(_stage.Key);
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            await LoggedAsync($"Attempt {attempt} of webhook");
            await _stage.SendAsync(silos, TimeSpan.FromSeconds(66));
            await _stage.Receiver.ReceivedAsync(attempt + 1);
        }

        await _stage.EmptyAsync();
        Assert.Equal(3, _stage.Receiver.All.Count);
        Assert.Empty(_stage.Log.Warnings);
    }

    [Fact]
    public async Task A_receiver_that_wants_it_never_again_is_heard_at_once()
    {
        _stage.Receiver.Answer = (_, response) =>
        {
            response.StatusCode = 410;
            return Task.CompletedTask;
        };
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")]));
        await silos.RunAsync(_stage.Key);
        await Wait.Until(() => _stage.Log.Warnings.Count > 0, "it to be given up");
        Assert.Contains("is given up after 1 attempts: its answer was 410.", _stage.Log.All, StringComparison.Ordinal);
        await _stage.SendAsync(silos, TimeSpan.FromDays(1));
        Assert.Single(_stage.Receiver.All);
    }

    [Theory]
    [InlineData(429, "600", 600)]
    [InlineData(503, "600", 600)]
    [InlineData(503, "Thu, 01 Jan 2026 00:20:00 GMT", 1200)]
    [InlineData(429, "999999", 3600)]
    [InlineData(429, "1", 60)]
    [InlineData(500, "600", 60)]
    public async Task A_receiver_that_asks_for_time_gets_up_to_an_hour(int status, string wish, int seconds)
    {
        _stage.Receiver.Answer = (before, response) =>
        {
            response.StatusCode = before == 0 ? status : 200;
            response.Headers["Retry-After"] = wish;
            return Task.CompletedTask;
        };
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")]), options =>
        {
            _stage.Configure(options);
            options.Retries.Add("1m");
        });
        await silos.RunAsync(_stage.Key);
        await LoggedAsync("Attempt 1 of webhook");
        await _stage.SendAsync(silos, TimeSpan.FromSeconds(seconds - 1));
        Assert.Single(_stage.Receiver.All);
        await _stage.SendAsync(silos, TimeSpan.FromSeconds(7));
        var times = (await _stage.Receiver.ReceivedAsync(2)).Select(sent => long.Parse(sent.Timestamp, CultureInfo.InvariantCulture)).ToArray();
        Assert.InRange(times[1] - times[0], seconds, seconds + 6);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var target = new Receiver();
        _stage.Receiver.Answer = (_, response) =>
        {
            response.StatusCode = 307;
            response.RedirectLocation = target.Url;
            return Task.CompletedTask;
        };
        await using var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")]));
        await silos.RunAsync(_stage.Key);
        await LoggedAsync("failed: its answer was 307.");
        Assert.Empty(target.All);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_holds_up_no_other_and_its_own_only_until_the_time_is_over()
    {
        using var fast = new Receiver();
        var gate = new Gate();
        _stage.Receiver.Answer = async (_, _) =>
        {
            gate.Reached();
            await gate.OpenedAsync(CancellationToken.None);
        };
        await using var silos = await _stage.StartAsync(new ScriptedModel([.. Enumerable.Repeat<Step[]>([Step.Say("1")], 8)]), options => WebhookStage.Configure(options, _stage.Receiver, fast));
        for (var i = 0; i < 8; i++)
        {
            await silos.RunAsync(_stage.Key);
        }

        await fast.ReceivedAsync(8);
        await _stage.Receiver.ReceivedAsync(WebhookSender.PerHost);
        Assert.Equal(WebhookSender.PerHost, _stage.Receiver.All.Count);

        // Those that wait for their turn get it when the time of the first ones is over.
        _stage.Time.Advance(TimeSpan.FromSeconds(15));
        await LoggedAsync("failed: it took too long.");
        await _stage.Receiver.ReceivedAsync(8);
        gate.Open();
    }

    [Fact]
    public async Task What_is_more_than_may_wait_is_dropped_and_said_once()
    {
        _stage.Receiver.Answer = (_, response) =>
        {
            response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await using var silos = await _stage.StartAsync(new ScriptedModel([.. Enumerable.Repeat<Step[]>([Step.Say("1")], 4)]), options =>
        {
            _stage.Configure(options);
            options.MaxWaiting = 2;
        });
        for (var i = 0; i < 4; i++)
        {
            Assert.EndsWith("end\n", await silos.RunAsync(_stage.Key), StringComparison.Ordinal);
        }

        Assert.Equal(2, (await _stage.WaitingAsync()).Count);
        Assert.StartsWith("2702 Webhook msg_", Assert.Single(_stage.Log.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_is_not_in_the_settings_any_more_hears_of_nothing()
    {
        _stage.Receiver.Answer = (_, response) =>
        {
            response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await using (var silos = await _stage.StartAsync(new ScriptedModel([Step.Say("1")])))
        {
            await silos.RunAsync(_stage.Key);
            await LoggedAsync("Attempt 1 of webhook");
        }

        using var other = new Receiver();
        await using var next = await _stage.StartAsync(new ScriptedModel(), options => WebhookStage.Configure(options, other));
        await _stage.SendAsync(next, TimeSpan.FromMinutes(1));
        await LoggedAsync("is dropped: its receiver is not in the settings any more.");
        await _stage.EmptyAsync();
        Assert.Single(_stage.Log.Warnings);
        Assert.Empty(other.All);
    }

    private Task LoggedAsync(string line) => Wait.Until(() => _stage.Log.All.Contains(line, StringComparison.Ordinal), line);
}
