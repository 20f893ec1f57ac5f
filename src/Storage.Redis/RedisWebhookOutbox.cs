using System.Buffers.Text;
using AgentStream.Background;
using AgentStream.Logs;
using AgentStream.Storage.Webhooks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>
/// Webhooks that are to be sent, in Redis: a sorted set of their ids by time, <c>{prefix}:#webhooks</c>, and two hashes, <c>:deliveries</c> (attempt, receiver, session and content, between spaces) and
/// <c>:counts</c> (how many wait for each receiver).
/// </summary>
/// <remarks>Every operation may throw <see cref="StorageUnavailableException"/>; then it is not known whether it took place, and it may be repeated.</remarks>
internal sealed class RedisWebhookOutbox(RedisConnection redis, IOptions<StorageOptions> options, ILogger<RedisWebhookOutbox> logger) : IWebhookOutbox
{
    private static readonly RedisScript AddScript = RedisScript.Named("webhook-add.lua");
    private static readonly RedisScript TakeScript = RedisScript.Named("webhook-take.lua");
    private static readonly RedisScript SetScript = RedisScript.Named("webhook-set.lua");
    private static readonly RedisScript RemoveScript = RedisScript.Named("webhook-remove.lua");

    private readonly RedisKey _byTime = RedisKeys.Webhooks(options.Value.RedisPrefix);
    private readonly RedisKey _deliveries = RedisKeys.WebhookDeliveries(options.Value.RedisPrefix);
    private readonly RedisKey _counts = RedisKeys.WebhookCounts(options.Value.RedisPrefix);
    private readonly FaultLog _faults = new(logger);

    public async ValueTask<bool> AddAsync(WebhookDelivery delivery, DateTimeOffset due, int most, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return (long)await redis.ScriptAsync(
            $"keep webhook {delivery.Id}",
            AddScript,
            [_byTime, _deliveries, _counts],
            [delivery.Id, delivery.Receiver, delivery.Key.ToString(), delivery.Content, due.ToUnixTimeMilliseconds(), most],
            cancellationToken) > 0;
    }

    public async ValueTask<IReadOnlyList<WebhookDelivery>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var due = (RedisValue[]?)await redis.ScriptAsync(
            "find webhooks whose time has come", TakeScript, [_byTime, _deliveries], [now.ToUnixTimeMilliseconds(), again.ToUnixTimeMilliseconds(), count], cancellationToken);
        var deliveries = new List<WebhookDelivery>(due!.Length / 2);
        foreach (var pair in due.Chunk(2))
        {
            if (Read((byte[])pair[0]!, (byte[])pair[1]!) is { } delivery)
            {
                deliveries.Add(delivery);
            }
            else
            {
                await TakeOutAsync(pair[0], cancellationToken);
            }
        }

        return deliveries;
    }

    public async ValueTask<bool> SetAsync(string id, int attempt, int next, DateTimeOffset due, CancellationToken cancellationToken = default) =>
        (long)await redis.ScriptAsync($"set the time of webhook {id}", SetScript, [_byTime, _deliveries], [id, attempt, next, due.ToUnixTimeMilliseconds()], cancellationToken) > 0;

    public async ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default) =>
        await redis.ScriptAsync($"remove webhook {id}", RemoveScript, [_byTime, _deliveries, _counts], [id], cancellationToken);

    private static WebhookDelivery? Read(ReadOnlySpan<byte> id, ReadOnlySpan<byte> kept)
    {
        if (Word(ref kept, out var attempt) && Word(ref kept, out var receiver) && Word(ref kept, out var session)
            && Utf8Parser.TryParse(attempt, out int number, out var length) && length == attempt.Length && Text(session) is { } name && SessionKey.TryParse(name, out var key)
            && Text(id) is { } known && Text(receiver) is { } waiting)
        {
            return new(known, waiting, key, number, kept.ToArray());
        }

        return null;

        static bool Word(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> word)
        {
            var end = rest.IndexOf((byte)' ');
            word = end < 0 ? default : rest[..end];
            rest = rest[(end + 1)..];
            return end > 0;
        }

        static string? Text(ReadOnlySpan<byte> bytes) => bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? null : System.Text.Encoding.ASCII.GetString(bytes);
    }

    /// <summary>Another program has put something among the webhooks that is none.</summary>
    private async Task TakeOutAsync(RedisValue id, CancellationToken cancellationToken)
    {
        var what = $"{_byTime}, member '{RedisForeignKeys.Shown(id)}'";
        if (_faults.IsNew(what, ""))
        {
            logger.Safe().ForeignKey(what);
        }

        await redis.ScriptAsync("take out what is no webhook", RemoveScript, [_byTime, _deliveries, _counts], [id], cancellationToken);
    }
}
