namespace AgentStream.Storage.Webhooks;

/// <summary>
/// The webhooks that are to be sent, by the time at which somebody has to look at them. It stands next to the journal and lasts as long. A delivery is announced before the journal has the end that it
/// tells of, and becomes ready to be sent when the end is known. Times are kept in whole milliseconds. A user with a database of their own may implement this, too.
/// </summary>
public interface IWebhookOutbox
{
    /// <summary>Gets whether another process, or this one when it starts again, finds what was kept.</summary>
    bool OutlivesProcess => true;

    /// <summary>
    /// Adds a delivery. One that is known already is replaced as long as it is only announced (<see cref="WebhookDelivery.Announced"/>), and left as it is otherwise: an end that is tried again
    /// adds none twice.
    /// </summary>
    /// <param name="delivery">The delivery, announced.</param>
    /// <param name="due">When it has to be looked at.</param>
    /// <param name="most">The most deliveries that may wait for its receiver; at least 1.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Whether it is in the outbox. It is not when as many wait for its receiver as may.</returns>
    ValueTask<bool> AddAsync(WebhookDelivery delivery, DateTimeOffset due, int most, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes deliveries whose time has come. In the same atomic step they get a later time, so that no other process takes them meanwhile. One that is neither removed nor set is due again then.
    /// </summary>
    /// <param name="now">The time now: what is due at it is taken, and what was due before.</param>
    /// <param name="again">The later time that the deliveries get.</param>
    /// <param name="count">The most deliveries to take; at least 1.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The deliveries, the one that is due longest first.</returns>
    ValueTask<IReadOnlyList<WebhookDelivery>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default);

    /// <summary>Sets the time and the attempt of a delivery, if it still has a certain attempt. One that is not there is no error.</summary>
    /// <param name="id">The delivery.</param>
    /// <param name="attempt">The attempt that it must have.</param>
    /// <param name="next">The attempt that it gets.</param>
    /// <param name="due">The time that it gets.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Whether it was set. After a lost answer, a call that is made again may say that it was not.</returns>
    ValueTask<bool> SetAsync(string id, int attempt, int next, DateTimeOffset due, CancellationToken cancellationToken = default);

    /// <summary>Removes a delivery. One that is not there is no error.</summary>
    /// <param name="id">The delivery.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when it is out.</returns>
    ValueTask RemoveAsync(string id, CancellationToken cancellationToken = default);
}
