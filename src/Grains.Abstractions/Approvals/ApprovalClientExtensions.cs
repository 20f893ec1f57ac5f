namespace AgentStream;

/// <summary>Answers to what a session waits for, in the words of those who give them.</summary>
public static class ApprovalClientExtensions
{
    /// <summary>The requests of a session that wait for an answer.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The requests, in the order of their calls; none for a session that nobody has ever written to.</returns>
    public static async Task<IReadOnlyList<PendingRequest>> GetPendingAsync(this IAgentStreamClient client, SessionKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return (await client.GetSessionAsync(key, cancellationToken).ConfigureAwait(false))?.Pending ?? [];
    }

    /// <summary>Allows a call.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The session.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="arguments">The arguments in place of the model's, a JSON object, as text; null for the model's.</param>
    /// <param name="memory">For how long that counts.</param>
    /// <param name="cancellationToken">Gives up waiting for the receipt.</param>
    /// <returns>What it has led to.</returns>
    /// <inheritdoc cref="IAgentStreamClient.AnswerAsync" path="/exception"/>
    public static Task<AnswerReceipt> ApproveAsync(
        this IAgentStreamClient client,
        SessionKey key,
        string requestId,
        string? arguments = null,
        ApprovalMemory memory = ApprovalMemory.None,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.AnswerAsync(key, new ApprovalAnswer(requestId, IsApproved: true, Arguments: arguments, Memory: memory), cancellationToken);
    }

    /// <summary>Does not allow a call. It is never made; the model is told.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The session.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="reason">Why not, for the model; null for nothing.</param>
    /// <param name="cancellationToken">Gives up waiting for the receipt.</param>
    /// <returns>What it has led to.</returns>
    /// <inheritdoc cref="IAgentStreamClient.AnswerAsync" path="/exception"/>
    public static Task<AnswerReceipt> DenyAsync(
        this IAgentStreamClient client, SessionKey key, string requestId, string? reason = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.AnswerAsync(key, new ApprovalAnswer(requestId, IsApproved: false, reason), cancellationToken);
    }

    /// <summary>Gives the result of a call that the client carried out.</summary>
    /// <param name="client">The client.</param>
    /// <param name="key">The session.</param>
    /// <param name="toolCallId">The call.</param>
    /// <param name="content">The result: any JSON, as text.</param>
    /// <param name="isError">Whether the result says what went wrong.</param>
    /// <param name="cancellationToken">Gives up waiting for the receipt.</param>
    /// <returns>What it has led to.</returns>
    /// <inheritdoc cref="IAgentStreamClient.AnswerAsync" path="/exception"/>
    public static Task<AnswerReceipt> SubmitToolResultAsync(
        this IAgentStreamClient client, SessionKey key, string toolCallId, string content, bool isError = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.AnswerAsync(key, new ToolResultAnswer(toolCallId, content, isError), cancellationToken);
    }
}
