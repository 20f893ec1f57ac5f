using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.Testing;

internal sealed class UpdateStep(IReadOnlyList<ChatResponseUpdate> updates) : ScriptStep
{
    public override async IAsyncEnumerable<ChatResponseUpdate> PlayAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var update in updates)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // A copy for each request: whoever gets an update may change it.
            yield return update.Clone();
            await Task.Yield();
        }
    }
}

internal sealed class FailStep(Exception exception) : ScriptStep
{
    public override async IAsyncEnumerable<ChatResponseUpdate> PlayAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        await Task.FromException(exception).ConfigureAwait(false);
        yield break;
    }
}

internal sealed class WaitStep(Task task) : ScriptStep
{
    public override async IAsyncEnumerable<ChatResponseUpdate> PlayAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await task.WaitAsync(cancellationToken).ConfigureAwait(false);
        yield break;
    }
}

internal sealed class BreakOffStep : ScriptStep
{
    public override bool EndsResponse => true;

    public override IAsyncEnumerable<ChatResponseUpdate> PlayAsync(CancellationToken cancellationToken) => AsyncEnumerable.Empty<ChatResponseUpdate>();
}
