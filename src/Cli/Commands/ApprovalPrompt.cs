using AgentStream.Logs;

namespace AgentStream.Cli.Commands;

/// <summary>Asks the user at the terminal about the calls that wait.</summary>
/// <param name="client">Takes the answers.</param>
/// <param name="input">What the user types.</param>
/// <param name="output">Where the questions go.</param>
internal sealed class ApprovalPrompt(IAgentStreamClient client, TextReader input, TextWriter output)
{
    /// <summary>Asks about each call that waits for a person.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">The user has left.</param>
    /// <returns>Whether a run continues; false when something still waits: the user has not answered, or it is for another client to carry out.</returns>
    public async Task<bool> AskAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var isContinued = false;
        foreach (var request in (await client.GetPendingAsync(key, cancellationToken)).Where(request => request.Kind == PendingRequestKind.Approval))
        {
            if (await AskAsync(request, cancellationToken) is not { } answer)
            {
                return false;
            }

            isContinued = (await client.AnswerAsync(key, answer, cancellationToken)).RunId is not null;
        }

        return isContinued;
    }

    private async Task<ApprovalAnswer?> AskAsync(PendingRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            await output.WriteAsync($"Allow {SafeText.Line(request.ToolName)} {SafeText.Line(request.Arguments)}? [y]es, [n]o, [a]lways: ");
            await output.FlushAsync(cancellationToken);
            switch ((await input.ReadLineAsync(cancellationToken))?.Trim().ToUpperInvariant())
            {
                case null:
                    await output.WriteLineAsync();
                    return null;
                case "Y" or "YES":
                    return new ApprovalAnswer(request.RequestId, IsApproved: true);
                case "N" or "NO":
                    return new ApprovalAnswer(request.RequestId, IsApproved: false);
                case "A" or "ALWAYS":
                    return new ApprovalAnswer(request.RequestId, IsApproved: true, Memory: ApprovalMemory.Tool);
            }
        }
    }
}
