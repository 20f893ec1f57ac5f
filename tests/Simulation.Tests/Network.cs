namespace AgentStream.Simulation.Tests;

/// <summary>What is under way between the silos and Redis.</summary>
internal sealed class Network
{
    /// <summary>Commands whose senders wait.</summary>
    public List<Command> Pending { get; } = [];

    /// <summary>Commands that were given up by their senders, or outlived them, and may reach Redis yet: they were in the buffers of a connection that broke.</summary>
    public List<Command> Stray { get; } = [];

    public async Task<T> SendAsync<T>(Silo? sender, string what, Func<Task<T>> carryOut, CancellationToken cancellationToken)
    {
        var command = new Command(sender, what, async () => await carryOut());
        Pending.Add(command);
        return (T)(await command.Answer.WaitAsync(cancellationToken))!;
    }
}
