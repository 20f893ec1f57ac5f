using System.Collections.Concurrent;
using Orleans;

namespace AgentStream.Engine.Tests.Support;

/// <summary>
/// How grains and tests tell each other what has happened, by name. All hosts of a test cluster share one, so a grain's signal is
/// heard whichever silo it lives on.
/// </summary>
public sealed class Signals
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _signals = new();

    /// <summary>Gives a signal; those that wait for it, now or later, go on. A signal is given once, later ones change nothing.</summary>
    public void Give(string name, string value = "") => Of(name).TrySetResult(value);

    /// <summary>Whether a signal has been given.</summary>
    public bool IsGiven(string name) => Of(name).Task.IsCompleted;

    /// <summary>Waits for a signal.</summary>
    public async Task<string> WaitAsync(string name)
    {
        try
        {
            return await Of(name).Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            var given = _signals.Where(signal => signal.Value.Task.IsCompleted).Select(signal => signal.Key);
            throw new TimeoutException($"The signal '{name}' was not given in {Patience}. Given: {string.Join(", ", given)}.");
        }
    }

    /// <summary>Waits for a signal inside of a grain; the token makes it give up.</summary>
    public Task<string> WaitAsync(string name, CancellationToken token) => Of(name).Task.WaitAsync(token);

    private TaskCompletionSource<string> Of(string name) =>
        _signals.GetOrAdd(name, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>A request that a grain holds: it says that it has begun, and ends when the test lets it.</summary>
public sealed class Hold(Signals signals, IGrainWithStringKey grain, string name)
{
    private readonly string _name = $"{grain.GetPrimaryKeyString()} {name}";

    public bool HasBegun => signals.IsGiven(Began);

    public bool HasEnded => signals.IsGiven(Ended);

    private string Began => $"{_name} began";

    private string MayEnd => $"{_name} may end";

    private string Ended => $"{_name} ended";

    /// <summary>The test's side: waits until the grain runs it.</summary>
    public Task BeganAsync() => signals.WaitAsync(Began);

    /// <summary>The test's side: waits until the grain has run it, and learns how it ended.</summary>
    public Task<string> EndedAsync() => signals.WaitAsync(Ended);

    /// <summary>The test's side: lets it end, whether it has begun or not.</summary>
    public void LetEnd() => signals.Give(MayEnd);

    /// <summary>The grain's side: says that it has begun, waits until it may end or the token is canceled, says how it ended.</summary>
    public async Task RunAsync(CancellationToken token = default)
    {
        signals.Give(Began);
        try
        {
            await signals.WaitAsync(MayEnd, token);
            signals.Give(Ended, "done");
        }
        catch (OperationCanceledException)
        {
            signals.Give(Ended, "canceled");
            throw;
        }
    }
}
