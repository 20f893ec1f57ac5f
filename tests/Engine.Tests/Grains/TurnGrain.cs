using AgentStream.Engine.Tests.Support;
using Orleans;
using Orleans.Concurrency;

namespace AgentStream.Engine.Tests.Grains;

/// <summary>Requests of every kind of interleaving, which the test holds and lets go.</summary>
[Alias("AgentStream.Engine.Tests.ITurnGrain")]
public interface ITurnGrain : IGrainWithStringKey
{
    [Alias("HoldAsync")]
    Task HoldAsync(string name);

    [Alias("HoldInterleavingAsync"), AlwaysInterleave]
    Task HoldInterleavingAsync(string name);

    [Alias("HoldReadingAsync"), ReadOnly]
    Task HoldReadingAsync(string name);

    /// <summary>Adds one, with an await between reading and writing.</summary>
    [Alias("IncrementAsync")]
    Task<int> IncrementAsync();

    /// <summary>Answers though other requests run: what was sent before it has arrived when it answers.</summary>
    [Alias("PingAsync"), AlwaysInterleave]
    Task PingAsync();

    /// <summary>Which kinds of code run on the grain's scheduler.</summary>
    [Alias("WhereAsync")]
    Task<Whereabouts> WhereAsync();

    /// <summary>Starts work beside the request and does not await it. The work takes place in turns of the grain.</summary>
    [Alias("StartBesideAsync")]
    Task StartBesideAsync(string name);

    /// <summary>How many turns of the work beside have been taken, and whether each was on the grain's scheduler and alone.</summary>
    [Alias("BesideAsync")]
    Task<Beside> BesideAsync();

    /// <summary>Notes the number; the notes are in the order in which the requests ran.</summary>
    [Alias("NoteAsync")]
    Task NoteAsync(int number);

    [Alias("NotesAsync")]
    Task<int[]> NotesAsync();
}

/// <summary>The same without a queue.</summary>
[Alias("AgentStream.Engine.Tests.IReentrantGrain")]
public interface IReentrantGrain : IGrainWithStringKey
{
    [Alias("HoldAsync")]
    Task HoldAsync(string name);
}

[GenerateSerializer, Immutable, Alias("AgentStream.Engine.Tests.Whereabouts")]
public sealed record Whereabouts(
    [property: Id(0)] bool BeforeAwait,
    [property: Id(1)] bool AfterAwait,
    [property: Id(2)] bool AfterConfigureAwaitFalse,
    [property: Id(3)] bool InTaskRun,
    [property: Id(4)] bool AfterTaskRun);

[GenerateSerializer, Immutable, Alias("AgentStream.Engine.Tests.Beside")]
public sealed record Beside([property: Id(0)] int Turns, [property: Id(1)] bool AlwaysAtHome, [property: Id(2)] bool AlwaysAlone);

internal sealed class TurnGrain(Signals signals) : Grain, ITurnGrain
{
    private readonly List<int> _notes = [];
    private TaskScheduler? _home;
    private int _count;
    private int _inTurn;
    private int _besideTurns;
    private bool _alwaysAtHome = true;
    private bool _alwaysAlone = true;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _home = TaskScheduler.Current;
        return Task.CompletedTask;
    }

    public Task HoldAsync(string name) => new Hold(signals, this, name).RunAsync();

    public Task HoldInterleavingAsync(string name) => new Hold(signals, this, name).RunAsync();

    public Task HoldReadingAsync(string name) => new Hold(signals, this, name).RunAsync();

    public async Task<int> IncrementAsync()
    {
        var count = _count;
        await Task.Yield();
        return _count = count + 1;
    }

    public Task PingAsync() => Task.CompletedTask;

    public async Task<Whereabouts> WhereAsync()
    {
        var before = IsHome();
        await Task.Yield();
        var after = IsHome();
        var inRun = await Task.Run(IsHome);
        var afterRun = IsHome();
        return new(before, after, await AwayAsync(), inRun, afterRun);

        async Task<bool> AwayAsync()
        {
#pragma warning disable ORLEANS0014 // To see that it leaves the grain is what this is for.
            await Task.Delay(1).ConfigureAwait(false);
#pragma warning restore ORLEANS0014
            return IsHome();
        }
    }

    public Task StartBesideAsync(string name)
    {
        _ = BesideAsync();
        return Task.CompletedTask;

        async Task BesideAsync()
        {
            await signals.WaitAsync($"{this.GetPrimaryKeyString()} {name} may go on");
            for (var i = 0; i < 100; i++)
            {
                _alwaysAlone &= Interlocked.Exchange(ref _inTurn, 1) == 0;
                _alwaysAtHome &= IsHome();
                _besideTurns++;
                _inTurn = 0;
                await Task.Yield();
            }

            signals.Give($"{this.GetPrimaryKeyString()} {name} done");
        }
    }

    public Task<Beside> BesideAsync()
    {
        _alwaysAlone &= Interlocked.Exchange(ref _inTurn, 1) == 0;
        Thread.SpinWait(1000);
        _inTurn = 0;
        return Task.FromResult(new Beside(_besideTurns, _alwaysAtHome, _alwaysAlone));
    }

    public async Task NoteAsync(int number)
    {
        await Task.Yield();
        _notes.Add(number);
    }

    public Task<int[]> NotesAsync() => Task.FromResult(_notes.ToArray());

    private bool IsHome() => TaskScheduler.Current == _home;
}

[Reentrant]
internal sealed class ReentrantGrain(Signals signals) : Grain, IReentrantGrain
{
    public Task HoldAsync(string name) => new Hold(signals, this, name).RunAsync();
}
