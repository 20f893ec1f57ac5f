using AgentStream.Background;
using AgentStream.Grains.Output;
using AgentStream.Storage;
using AgentStream.Storage.Webhooks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Webhooks;

/// <summary>
/// Sends the webhooks that are due. Every process looks, since the one whose run ended may be gone. A webhook that was taken is hidden from others for a while; one that this process does not get done in
/// time comes back by itself.
/// </summary>
internal sealed class WebhookService(
    RunEnvironment environment, RunWebhooks webhooks, WebhookReceivers receivers, WebhookEnds ends, WebhookSender sender, WebhookPlan plan, AtRestProtection protection,
    IOptions<WebhookOptions> options, IHostApplicationLifetime lifetime)
    : EndlessService(lifetime, environment.Logger)
{
    /// <summary>How late a webhook may be.</summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    // What has not come to its end after this long never will.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    // So many at a time: others look as well, and get their share.
    private const int Share = 64;

    // What is more than this comes back when it is due again.
    private const int MostInHand = 1_024;
    private const int MostOfHost = 256;

    private readonly FaultLog _faults = new(environment.Logger);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.OrdinalIgnoreCase);
    private int _inHand;

    /// <summary>How long a webhook is hidden from other processes: an attempt, and the wait for its turn.</summary>
    internal TimeSpan Hidden => options.Value.Timeout + TimeSpan.FromSeconds(30);

    /// <summary>How many webhooks have been taken and are not dealt with.</summary>
    internal int InHand => Volatile.Read(ref _inHand);

    /// <summary>Takes what is due, and has it sent beside the caller.</summary>
    internal async Task<Task> LookAsync(CancellationToken cancellationToken)
    {
        var all = new List<Task>();
        while (InHand < MostInHand)
        {
            var until = environment.Time.GetUtcNow() + Hidden;
            var due = await webhooks.Outbox.TakeDueAsync(until - Hidden, until, Share, cancellationToken);
            Interlocked.Add(ref _inHand, due.Count);
            all.AddRange(due.Select(delivery => environment.Beside(() => DeliverAsync(delivery, until, cancellationToken))));
            if (due.Count < Share)
            {
                break;
            }
        }

        return Task.WhenAll(all);
    }

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken stopping)
    {
        if (!webhooks.IsOn)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, environment.Time, stopping);
        }

        await StartedAsync(stopping);
        await new Rounds("Looking for webhooks to send", environment.Logger).RunAsync(async token => (await LookAsync(token)).Forget(), PauseAsync, stopping);
    }

    /// <summary>Until something is ready, or the next look is due.</summary>
    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(webhooks.Ready.Reader.WaitToReadAsync(pause.Token).AsTask(), Task.Delay(LookEvery, environment.Time, pause.Token));
        await pause.CancelAsync();
        webhooks.Ready.Reader.TryRead(out _);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task DeliverAsync(WebhookDelivery delivery, DateTimeOffset until, CancellationToken cancellationToken)
    {
        try
        {
            // A store that is away is said by others, and the webhook is due again later.
            await _faults.TryAsync($"Sending webhook {delivery.Id}", () => HandleAsync(delivery, until, cancellationToken));
        }
        catch (Exception e) when (e is StorageUnavailableException or OperationCanceledException)
        {
        }
        finally
        {
            Interlocked.Decrement(ref _inHand);
        }
    }

    private async Task HandleAsync(WebhookDelivery delivery, DateTimeOffset until, CancellationToken cancellationToken)
    {
        WebhookContent content;
        try
        {
            content = WebhookContent.FromJson(protection.ReadWebhook(delivery.Key, delivery.Id, delivery.Content.Span));
        }
        catch (InvalidDataException)
        {
            await DropAsync(delivery, "what is kept of it cannot be read");
            return;
        }

        if (receivers.Find(content) is not { } receiver)
        {
            await DropAsync(delivery, "its receiver is not in the settings any more");
            return;
        }

        var lane = Enter(receiver.Url.Authority);
        if (lane is null)
        {
            return;
        }

        try
        {
            await lane.Turns.WaitAsync(cancellationToken);
            try
            {
                // Whoever waited too long for a turn leaves it to the next who takes it.
                if (environment.Time.GetUtcNow() + options.Value.Timeout <= until && (delivery.Attempt >= 0 || await HasEndedAsync(delivery, content, until, cancellationToken)))
                {
                    await SendAsync(delivery with { Attempt = Math.Max(delivery.Attempt, 0) }, content, receiver, cancellationToken);
                }
            }
            finally
            {
                lane.Turns.Release();
            }
        }
        finally
        {
            Leave(receiver.Url.Authority, lane);
        }
    }

    /// <summary>Whether the run of a webhook that was only announced has come to its end. One that never will goes.</summary>
    private async Task<bool> HasEndedAsync(WebhookDelivery delivery, WebhookContent content, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var now = environment.Time.GetUtcNow();
        var age = now - content.Created;
        if (age > Longest)
        {
            await DropAsync(delivery, "its run has not come to its end");
            return false;
        }

        switch (await ends.FindAsync(delivery.Key, content.RunId, content.Type, cancellationToken))
        {
            case WebhookEnd.Came:
                // Not when somebody else has found out meanwhile.
                return await webhooks.Outbox.SetAsync(delivery.Id, WebhookDelivery.Announced, 0, until, cancellationToken);
            case WebhookEnd.NotYet:
                var pause = age > LongestPause ? LongestPause : age < RunWebhooks.LookUpAfter ? RunWebhooks.LookUpAfter : age;
                await webhooks.Outbox.SetAsync(delivery.Id, WebhookDelivery.Announced, WebhookDelivery.Announced, now + pause, cancellationToken);
                return false;
            default:
                await webhooks.Outbox.RemoveAsync(delivery.Id, cancellationToken);
                return false;
        }
    }

    private async Task SendAsync(WebhookDelivery delivery, WebhookContent content, WebhookReceiver receiver, CancellationToken cancellationToken)
    {
        var answer = await sender.SendAsync(receiver, delivery.Id, content.Body, cancellationToken);
        var attempts = delivery.Attempt + 1;
        if (answer.IsTaken)
        {
            await webhooks.Outbox.RemoveAsync(delivery.Id, CancellationToken.None);
        }
        else if (!answer.IsGone && plan.After(delivery.Id, attempts, answer.Wish) is { } pause)
        {
            await webhooks.Outbox.SetAsync(delivery.Id, delivery.Attempt, attempts, environment.Time.GetUtcNow() + pause, CancellationToken.None);
            environment.Logger.WebhookFailed(attempts, delivery.Id, receiver.Url.Host, answer.Why, pause);
        }
        else
        {
            await webhooks.Outbox.RemoveAsync(delivery.Id, CancellationToken.None);
            environment.Logger.WebhookGivenUp(delivery.Id, receiver.Url.Host, attempts, answer.Why);
        }
    }

    private async Task DropAsync(WebhookDelivery delivery, string why)
    {
        environment.Logger.WebhookNotSent(delivery.Id, why);
        await webhooks.Outbox.RemoveAsync(delivery.Id);
    }

    /// <summary>The lane of a host; null when it is full.</summary>
    private Lane? Enter(string host)
    {
        lock (_gate)
        {
            if (!_lanes.TryGetValue(host, out var lane))
            {
                _lanes.Add(host, lane = new Lane());
            }

            return ++lane.Count <= MostOfHost ? lane : LeaveLocked(host, lane);
        }
    }

    private void Leave(string host, Lane lane)
    {
        lock (_gate)
        {
            LeaveLocked(host, lane);
        }
    }

    private Lane? LeaveLocked(string host, Lane lane)
    {
        if (--lane.Count == 0)
        {
            _lanes.Remove(host);
            lane.Turns.Dispose();
        }

        return null;
    }

    /// <summary>Those that go to one host: a few at a time, so that a slow one holds up no other.</summary>
    private sealed class Lane
    {
        public SemaphoreSlim Turns { get; } = new(WebhookSender.PerHost);

        public int Count { get; set; }
    }
}
