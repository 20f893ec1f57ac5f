using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.Bench.Stages;

/// <summary>A model that says what the prompt plans, and costs as little as a chat client can.</summary>
/// <param name="gate">Holds back those that are to wait.</param>
internal sealed class PlannedModel(Gate gate) : IChatClient
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(1);

    // It reads the request at once, and keeps nothing of it.
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        SayAsync(TokenPlan.Parse(messages.Last().Text), cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> SayAsync(TokenPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (plan.AtGate)
        {
            await gate.PassAsync(cancellationToken);
        }

        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < plan.Tokens; i++)
        {
            // A slow machine gets what is due in one go, so that the rate stays.
            while (plan.Rate > 0 && Stopwatch.GetElapsedTime(started).TotalSeconds * plan.Rate < i)
            {
                var pause = TimeSpan.FromSeconds(1 / plan.Rate);
                await (plan.Stamped ? SleepAsync(pause) : Task.Delay(pause < LeastPause ? LeastPause : pause, cancellationToken));
            }

            yield return new(ChatRole.Assistant, plan.Stamped ? TokenPlan.Stamp() : TokenPlan.Token);
        }

        yield return new() { FinishReason = ChatFinishReason.Stop };
    }

    /// <summary>
    /// Sleeps as the bare pair does. All timers of a process go off together, at the whole millisecond: what is measured would always come in the midst of what the load's timers have set off.
    /// </summary>
    public static Task SleepAsync(TimeSpan pause)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sleeper = new Thread(() =>
        {
            Thread.Sleep(pause);
            over.SetResult();
        });
        sleeper.IsBackground = true;
        sleeper.Start();
        return over.Task;
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
