using AgentStream.Storage.Webhooks;

namespace AgentStream.Storage.InMemory;

/// <summary>Webhooks that are to be sent, for as long as their process lives.</summary>
public sealed class InMemoryWebhookOutbox : IWebhookOutbox
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (WebhookDelivery Delivery, long Due)> _deliveries = new(StringComparer.Ordinal);
    private readonly SortedSet<(long Due, string Id)> _byTime = [];
    private readonly Dictionary<string, int> _waiting = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool OutlivesProcess => false;

    /// <inheritdoc/>
    public ValueTask<bool> AddAsync(WebhookDelivery delivery, DateTimeOffset due, int most, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        lock (_gate)
        {
            if (_deliveries.TryGetValue(delivery.Id, out var known) && known.Delivery.Attempt != WebhookDelivery.Announced)
            {
                return new(true);
            }

            Remove(delivery.Id);
            if (_waiting.GetValueOrDefault(delivery.Receiver) >= most)
            {
                return new(false);
            }

            Put(delivery, due.ToUnixTimeMilliseconds());
            return new(true);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<WebhookDelivery>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_gate)
        {
            var due = _byTime.TakeWhile(place => place.Due <= now.ToUnixTimeMilliseconds()).Take(count).Select(place => _deliveries[place.Id].Delivery).ToArray();
            foreach (var delivery in due)
            {
                Remove(delivery.Id);
                Put(delivery, again.ToUnixTimeMilliseconds());
            }

            return new(due);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> SetAsync(string id, int attempt, int next, DateTimeOffset due, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (!_deliveries.TryGetValue(id, out var known) || known.Delivery.Attempt != attempt)
            {
                return new(false);
            }

            Remove(id);
            Put(known.Delivery with { Attempt = next }, due.ToUnixTimeMilliseconds());
            return new(true);
        }
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            Remove(id);
        }

        return ValueTask.CompletedTask;
    }

    private void Put(WebhookDelivery delivery, long due)
    {
        _deliveries.Add(delivery.Id, (delivery, due));
        _byTime.Add((due, delivery.Id));
        _waiting[delivery.Receiver] = _waiting.GetValueOrDefault(delivery.Receiver) + 1;
    }

    private void Remove(string id)
    {
        if (_deliveries.Remove(id, out var known))
        {
            _byTime.Remove((known.Due, id));
            if (--_waiting[known.Delivery.Receiver] == 0)
            {
                _waiting.Remove(known.Delivery.Receiver);
            }
        }
    }
}
