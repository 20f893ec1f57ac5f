using AgentStream.Grains.Output;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;

namespace AgentStream.Grains.Runs;

/// <summary>
/// Prompts that join a live run. They wait in the queue until the run asks the model again; when it does not, they are runs of their own. A prompt leaves the queue when the journal has it, as any
/// other does.
/// </summary>
internal sealed class Steering(RunEnvironment environment, IPromptQueue queue)
{
    /// <summary>The prompts that a run is to take now.</summary>
    public async Task<IReadOnlyList<QueuedPrompt>> ReadAsync(SessionKey key, string agent, SessionState state, CancellationToken cancellationToken)
    {
        var waiting = await environment.PatientlyAsync(() => queue.ListAsync(key, cancellationToken).AsTask(), cancellationToken);
        var joining = new List<QueuedPrompt>();
        foreach (var info in waiting.Where(info => info.Steers && info.Agent == agent && (info.ToolsHash is not { } hash || hash == QueuedPromptInfo.HashOf(state.Tools))))
        {
            if (state.HasTaken(info.RunId))
            {
                await RemoveAsync(key, [info.RunId]);
            }
            else if (await environment.PatientlyAsync(() => queue.FindAsync(key, info.RunId, cancellationToken).AsTask(), cancellationToken) is { } prompt && HasItsTools(prompt, state) && MayTheSame(prompt, state))
            {
                joining.Add(prompt);
            }
        }

        return joining;
    }

    /// <summary>Whether the run can do with the tools of a prompt: it has its own from its start on.</summary>
    private static bool HasItsTools(QueuedPrompt prompt, SessionState state) =>
        prompt.Tools is not { Count: > 0 } tools || ClientToolJson.ToUtf8(tools).AsSpan().SequenceEqual(ClientToolJson.ToUtf8(state.Tools));

    /// <summary>Whether the user may still what they might when the run began: what it may is settled then.</summary>
    private static bool MayTheSame(QueuedPrompt prompt, SessionState state) => (prompt.Caller ?? RunCaller.Unknown).Policies.SequenceEqual(state.Caller.Policies, StringComparer.Ordinal);

    /// <summary>Takes prompts out that the journal has.</summary>
    public async Task RemoveAsync(SessionKey key, IEnumerable<string> runIds)
    {
        try
        {
            foreach (var runId in runIds)
            {
                await queue.RemoveAsync(key, runId);
                environment.Metrics.Sessions.RemoveQueued(key);
            }
        }
        catch (StorageUnavailableException)
        {
            // Whoever finds them in the queue finds them in the journal, too.
        }
    }

    /// <summary>What the journal keeps of prompts.</summary>
    public static IReadOnlyList<SteeredPrompt> Names(IEnumerable<QueuedPrompt> prompts) =>
        [.. prompts.Select(prompt => new SteeredPrompt(prompt.RunId, prompt.IdempotencyKey, prompt.RequestHash))];
}
