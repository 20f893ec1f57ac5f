using System.Runtime.CompilerServices;
using AgentStream.Engine.Tests.Support;
using Orleans;

namespace AgentStream.Engine.Tests.Grains;

/// <summary>Answers with async enumerables.</summary>
[Alias("AgentStream.Engine.Tests.IStreamGrain")]
public interface IStreamGrain : IGrainWithStringKey
{
    /// <summary>The numbers from 0, at once; says when its end is reached, however.</summary>
    [Alias("CountAsync")]
    IAsyncEnumerable<int> CountAsync(string name, int count);

    /// <summary>The numbers from 0, each when the test lets it come; then holds, if so asked, or throws. When it holds deaf, its token does not end it.</summary>
    [Alias("StepAsync")]
    IAsyncEnumerable<int> StepAsync(string name, int count, StepEnd end, CancellationToken token = default);

    /// <summary>Is no iterator, and throws.</summary>
    [Alias("ThrowAtOnceAsync")]
    IAsyncEnumerable<int> ThrowAtOnceAsync();

    /// <summary>Whether each step of the enumerations so far ran on the grain's scheduler.</summary>
    [Alias("WereAlwaysHomeAsync")]
    Task<bool> WereAlwaysHomeAsync();

    [Alias("HoldAsync")]
    Task HoldAsync(string name);

    [Alias("DeactivateAsync")]
    Task DeactivateAsync();
}

public enum StepEnd
{
    Complete,
    Throw,
    Hold,
    HoldDeaf,
}

internal sealed class StreamGrain(Signals signals) : Grain, IStreamGrain
{
    private TaskScheduler? _home;
    private bool _alwaysHome = true;

    private string Key => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _home = TaskScheduler.Current;
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<int> CountAsync(string name, int count)
    {
        try
        {
            for (var i = 0; i < count; i++)
            {
                _alwaysHome &= TaskScheduler.Current == _home;
                yield return i;
                if (i % 10 == 0)
                {
                    await Task.Yield();
                }
            }
        }
        finally
        {
            signals.Give($"{Key} {name} ended");
        }
    }

    public async IAsyncEnumerable<int> StepAsync(
        string name, int count, StepEnd end, [EnumeratorCancellation] CancellationToken token = default)
    {
        try
        {
            for (var i = 0; i < count; i++)
            {
                await signals.WaitAsync($"{Key} {name} {i}", token);
                _alwaysHome &= TaskScheduler.Current == _home;
                yield return i;
            }

            if (end is StepEnd.Throw)
            {
                throw new CallFailedException(count);
            }

            if (end is StepEnd.Hold or StepEnd.HoldDeaf)
            {
                signals.Give($"{Key} {name} holds");
                await signals.WaitAsync($"{Key} {name} never", end is StepEnd.Hold ? token : CancellationToken.None);
            }
        }
        finally
        {
            _alwaysHome &= TaskScheduler.Current == _home;
            signals.Give($"{Key} {name} ended", token.IsCancellationRequested ? "canceled" : "not canceled");
        }
    }

    public IAsyncEnumerable<int> ThrowAtOnceAsync() => throw new CallFailedException(1);

    public Task<bool> WereAlwaysHomeAsync() => Task.FromResult(_alwaysHome);

    public Task HoldAsync(string name) => new Hold(signals, this, name).RunAsync();

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
