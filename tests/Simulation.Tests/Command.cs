namespace AgentStream.Simulation.Tests;

/// <summary>A command on its way to Redis. Its sender hears what the schedule lets it hear, when it lets it.</summary>
/// <param name="sender">Who waits for the answer; null for a client that is no silo.</param>
/// <param name="what">What it does, for the trace.</param>
/// <param name="carryOut">Does it, on the real Redis.</param>
internal sealed class Command(Silo? sender, string what, Func<Task<object?>> carryOut)
{
    private readonly TaskCompletionSource<object?> _reply = new();
    private object? _answer;
    private AgentStreamException? _refusal;

    public Silo? Sender => sender;

    /// <summary>Whether Redis has done it.</summary>
    public bool IsDone { get; private set; }

    /// <summary>What the sender waits for.</summary>
    public Task<object?> Answer => _reply.Task;

    public async Task CarryOutAsync()
    {
        try
        {
            _answer = await carryOut();
        }
        catch (AgentStreamException refusal) when (refusal is not StorageUnavailableException)
        {
            _refusal = refusal;
        }

        IsDone = true;
    }

    /// <summary>The sender gets the answer.</summary>
    public void Reply()
    {
        if (_refusal is null)
        {
            _reply.SetResult(_answer);
        }
        else
        {
            _reply.SetException(_refusal);
        }
    }

    /// <summary>When its sender gave it up, by the sender's clock.</summary>
    public long GivenUp { get; private set; }

    /// <summary>The sender hears that Redis is away; whether the command took place, or will, it does not learn.</summary>
    public void Lose()
    {
        GivenUp = sender?.Clock.GetTimestamp() ?? 0;
        _reply.SetException(new StorageUnavailableException("The schedule lost it."));
    }

    public override string ToString() => $"{sender?.Name ?? "client"}: {what}";
}
