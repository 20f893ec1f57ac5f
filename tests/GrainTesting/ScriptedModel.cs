using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.GrainTesting;

/// <summary>A model that says what a test wrote down: a list of steps for each node.</summary>
public sealed class ScriptedModel(params Step[][] nodes) : IChatClient
{
    private int _next;

    /// <summary>What each request carried: the messages, and the options.</summary>
    public ConcurrentQueue<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Requests { get; } = [];

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Requests.Enqueue(([.. messages], options));
        var node = nodes[Interlocked.Increment(ref _next) - 1];
        return node is [Step.Refuse refuse] ? throw new InvalidOperationException(refuse.Message) : PlayAsync(node, cancellationToken);
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Runs stream.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> PlayAsync(Step[] node, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var calls = false;
        foreach (var step in node)
        {
            calls |= step is Step.Give { Contents: var contents } && contents.Any(content => content is FunctionCallContent);
            switch (step)
            {
                case Step.Give give:
                    yield return new ChatResponseUpdate(ChatRole.Assistant, [.. give.Contents]);
                    break;
                case Step.Fail fail:
                    await Task.Yield();
                    throw new InvalidOperationException(fail.Message);
                case Step.Flow flow:
                    await foreach (var update in FlowAsync(flow, cancellationToken))
                    {
                        yield return update;
                    }

                    break;
                case Step.Pause pause:
                    pause.Gate.Reached();
                    await pause.Gate.OpenedAsync(pause.Deaf ? CancellationToken.None : cancellationToken);
                    break;
                case Step.Raw { Update: { FinishReason: not null } last }:
                    yield return last;
                    yield break;
                case Step.Raw raw:
                    yield return raw.Update;
                    break;
                case Step.BreakOff:
                    yield break;
            }
        }

        yield return new ChatResponseUpdate { FinishReason = calls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop };
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> FlowAsync(Step.Flow flow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, flow.Text);
                await Task.Delay(1, cancellationToken);
            }
        }
        finally
        {
            flow.Stopped.Reached();
        }
    }
}

/// <summary>What a scripted model does next.</summary>
public abstract record Step
{
    public static Step Say(string text) => new Give(new TextContent(text));

    public static Step Think(string text) => new Give(new TextReasoningContent(text));

    public static Step Call(string id, string name, params (string Name, object? Value)[] arguments) =>
        new Give(new FunctionCallContent(id, name, arguments.ToDictionary(a => a.Name, a => a.Value)));

    public sealed record Give(params AIContent[] Contents) : Step;

    /// <summary>Gives an update as it is; one with a finish reason is the node's last.</summary>
    public sealed record Raw(ChatResponseUpdate Update) : Step;

    /// <summary>The stream ends here, without the finish reason that it has otherwise.</summary>
    public sealed record BreakOff : Step;

    /// <summary>The stream throws.</summary>
    public sealed record Fail(string Message) : Step;

    /// <summary>The call that opens the stream throws.</summary>
    public sealed record Refuse(string Message) : Step;

    /// <summary>Says the same again and again until it is stopped, and then reaches the gate.</summary>
    public sealed record Flow(string Text, Gate Stopped) : Step;

    /// <summary>Waits at a gate; a deaf model does not hear that it is canceled.</summary>
    public sealed record Pause(Gate Gate, bool Deaf = false) : Step;
}

/// <summary>A place where code under test stops until the test lets it continue.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Reached() => _reached.TrySetResult();

    public void Open() => _open.TrySetResult();

    public Task OpenedAsync(CancellationToken cancellationToken) => _open.Task.WaitAsync(cancellationToken);

    public Task ReachedAsync() => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
}
