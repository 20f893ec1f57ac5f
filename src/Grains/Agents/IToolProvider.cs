using Microsoft.Extensions.AI;

namespace AgentStream;

/// <summary>
/// Tools that are not known when an agent is made: somebody else has them, and may be away or change them. It is asked at the start of each run, and
/// when a prompt brings tools of its own, which must not have the same names.
/// One that is <see cref="IAsyncDisposable"/> is disposed of with the host's services, after the runs have ended.
/// </summary>
public interface IToolProvider
{
    /// <summary>Gives the tools of a run. Runs ask at any time, several at once.</summary>
    /// <param name="cancellationToken">The run was canceled; another may still wait for the same tools.</param>
    /// <returns>
    /// The tools. An <see cref="AIFunction"/> is called here, one that needs approval (<see cref="ApprovalRequiredAIFunction"/>) only when a person allows the call. An
    /// <see cref="AIFunctionDeclaration"/> is carried out by the client. Any other is only told to the model.
    /// </returns>
    /// <exception cref="Exception">The tools cannot be had; the run ends as crashed with the message. The next run asks again.</exception>
    ValueTask<IReadOnlyList<AITool>> GetToolsAsync(CancellationToken cancellationToken);
}
