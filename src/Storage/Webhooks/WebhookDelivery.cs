namespace AgentStream.Storage.Webhooks;

/// <summary>A webhook that is to be sent.</summary>
/// <param name="Id">Its id, the same for each attempt: 1 to 128 characters of <c>A-Z a-z 0-9 _ -</c>.</param>
/// <param name="Receiver">Those of one receiver have the same, by which they are counted: characters as in the id.</param>
/// <param name="Key">The session that it tells of.</param>
/// <param name="Attempt">How many attempts there were, or <see cref="Announced"/>.</param>
/// <param name="Content">What is to be sent, and to whom: of no interest to the outbox. It may be encrypted.</param>
public sealed record WebhookDelivery(string Id, string Receiver, SessionKey Key, int Attempt, ReadOnlyMemory<byte> Content)
{
    /// <summary>The attempt of a delivery whose run has not come to the end that it tells of, as far as is known: it is not sent before that is found out.</summary>
    public const int Announced = -1;
}
