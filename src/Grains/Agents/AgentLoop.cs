using AgentStream.Grains.Journal;
using AgentStream.Grains.Messages;
using AgentStream.Grains.Runs;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Agents;

/// <summary>
/// The loop of an agent: a request to the model, its response, the tools it calls, the next request with their results, until a response calls none.
/// </summary>
internal sealed class AgentLoop(Agent agent, Deps deps, RunJournal journal, RunEnvironment environment)
{
    private readonly ToolInvoker _tools = new(agent, deps, environment.Services, environment.Options.ToolTimeout, environment.Time);

    /// <summary>Runs until the model has nothing more to do. The first request, the user's, is in the journal already.</summary>
    /// <param name="cancellationToken">Stops at once, wherever the loop is.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var idx = 0; idx < environment.Options.MaxNodes; idx++)
        {
            if (idx > 0)
            {
                await journal.AddAsync(now => new RequestRecord(idx, []) { Timestamp = now });
            }

            var response = await AskAsync(idx, cancellationToken);
            if (!response.ToolCalls.Any())
            {
                return;
            }

            await Task.WhenAll(response.ToolCalls.Select(call => CallAsync(call, cancellationToken)));
        }

        throw new InvalidOperationException($"the run needs more than {environment.Options.MaxNodes} nodes ({AgentStreamOptions.Section}:{nameof(AgentStreamOptions.MaxNodes)})");
    }

    /// <summary>One node: the response is in the journal before <c>llm-end</c> is announced.</summary>
    private async Task<ModelResponse> AskAsync(int idx, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = journal.History.PendingRequest();
        await deps.AddNodeBeginAsync(request, cancellationToken);
        try
        {
            var updates = PatientStream.ReadAsync(
                token => agent.Client.GetStreamingResponseAsync(Chat(request), agent.NewChatOptions(), token),
                "the model",
                environment.Options.ModelSilence,
                environment.Time,
                cancellationToken);
            await foreach (var update in updates)
            {
                await deps.AddNodeEventAsync(update, cancellationToken);
            }
        }
        catch (Exception) when (deps.PartialNode() is { } said)
        {
            // What a listener has seen stays said, whatever cut it short: the next prompt's model knows of it.
            await journal.AddAsync(now => new ResponseRecord(idx, said) { Timestamp = now });
            throw;
        }

        var response = await deps.CompleteNodeAsync(cancellationToken);
        await journal.AddAsync(now => new ResponseRecord(idx, response) { Timestamp = now });
        await deps.EndNodeAsync(cancellationToken);
        return response;
    }

    private async Task CallAsync(ToolCallPart call, CancellationToken cancellationToken)
    {
        var result = await _tools.InvokeAsync(call, cancellationToken);
        await journal.AddAsync(now => new ToolResultRecord(result) { Timestamp = now });
    }

    private List<ChatMessage> Chat(ModelRequest request)
    {
        var chat = new List<ChatMessage>();
        foreach (var message in journal.History.Messages)
        {
            ChatMessages.AddTo(chat, message);
        }

        ChatMessages.AddTo(chat, request);
        return chat;
    }
}
