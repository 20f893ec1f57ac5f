using System.Runtime.CompilerServices;
using AgentStream.Testing;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;

namespace AgentStream.GrainTesting;

/// <summary>What a scripted model does next, in the words of our tests, and with what is for them alone.</summary>
public abstract class Step : ScriptStep
{
    public static Step Say(string text) => new Give(new TextContent(text));

    public static Step Think(string text) => new Give(new TextReasoningContent(text));

    public static Step Call(string id, string name, params (string Name, object? Value)[] arguments) =>
        new Give(new FunctionCallContent(id, name, arguments.ToDictionary(a => a.Name, a => a.Value)));

    public sealed class Give(params AIContent[] contents) : Step
    {
        public IEnumerable<AIContent> Contents => contents;

        public override IAsyncEnumerable<ChatResponseUpdate> PlayAsync(CancellationToken cancellationToken) => Only(new(ChatRole.Assistant, [.. contents]));
    }

    /// <summary>Gives an update as it is; one with a finish reason is the response's last.</summary>
    public sealed class Raw(ChatResponseUpdate update) : Step
    {
        public ChatResponseUpdate Update => update;

        public override IAsyncEnumerable<ChatResponseUpdate> PlayAsync(CancellationToken cancellationToken) => Only(update);
    }

    /// <summary>The stream ends here, without the finish reason that it has otherwise.</summary>
    public new sealed class BreakOff : Step
    {
        public override bool EndsResponse => true;

        public override IAsyncEnumerable<ChatResponseUpdate> PlayAsync(CancellationToken cancellationToken) => AsyncEnumerable.Empty<ChatResponseUpdate>();
    }

    /// <summary>The stream throws.</summary>
    public new sealed class Fail(string message) : Step
    {
        public override IAsyncEnumerable<ChatResponseUpdate> PlayAsync(CancellationToken cancellationToken) =>
            ScriptStep.Fail(new InvalidOperationException(message)).PlayAsync(cancellationToken);
    }

    /// <summary>The call that opens the stream throws.</summary>
    public sealed class Refuse(string message) : Step
    {
        public override IAsyncEnumerable<ChatResponseUpdate> PlayAsync(CancellationToken cancellationToken) => throw new InvalidOperationException(message);
    }

    /// <summary>Says the same again and again until it is stopped, and then reaches the gate.</summary>
    public sealed class Flow(string text, Gate stopped) : Step
    {
        public override async IAsyncEnumerable<ChatResponseUpdate> PlayAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            try
            {
                while (true)
                {
                    yield return new ChatResponseUpdate(ChatRole.Assistant, text);
                    await Task.Delay(1, cancellationToken);
                }
            }
            finally
            {
                stopped.Reached();
            }
        }
    }

    /// <summary>Waits at a gate; a deaf model does not hear that it is canceled.</summary>
    public sealed class Pause(Gate gate, bool Deaf = false) : Step
    {
        public override async IAsyncEnumerable<ChatResponseUpdate> PlayAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            gate.Reached();
            await gate.OpenedAsync(Deaf ? CancellationToken.None : cancellationToken);
            yield break;
        }
    }

    private static IAsyncEnumerable<ChatResponseUpdate> Only(ChatResponseUpdate update) => new[] { update }.ToAsyncEnumerable();
}

/// <summary>A place where code under test stops until the test lets it continue.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Reached() => _reached.TrySetResult();

    public void Open() => _open.TrySetResult();

    public Task OpenedAsync(CancellationToken cancellationToken) => _open.Task.WaitAsync(cancellationToken);

    public Task ReachedAsync() => _reached.Task.Within("the gate to be reached");
}
