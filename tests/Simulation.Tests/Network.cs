using AgentStream.Storage;

namespace AgentStream.Simulation.Tests;

/// <summary>What is under way between the silos and Redis.</summary>
internal sealed class Network
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    /// <summary>Commands whose senders wait.</summary>
    public List<Command> Pending { get; } = [];

    /// <summary>Commands that were given up by their senders, or outlived them, and may reach Redis yet: they were in the buffers of a connection that broke.</summary>
    public List<Command> Stray { get; } = [];

    /// <summary>No network keeps a command for so long as the log remembers ends for its sake.</summary>
    public void DropOld() => Stray.RemoveAll(command =>
        command.Sender is { IsDead: false } sender && sender.Clock.GetElapsedTime(command.GivenUp) >= StreamRules.EndedMemory - Margin);

    public async Task<T> SendAsync<T>(Silo? sender, string what, Func<Task<T>> carryOut, CancellationToken cancellationToken)
    {
        var command = new Command(sender, what, async () => await carryOut());
        Pending.Add(command);
        return (T)(await command.Answer.WaitAsync(cancellationToken))!;
    }
}
