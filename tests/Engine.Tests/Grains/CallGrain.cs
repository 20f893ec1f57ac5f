using System.Runtime.CompilerServices;
using AgentStream.Engine.Tests.Support;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace AgentStream.Engine.Tests.Grains;

/// <summary>Calls of every shape.</summary>
[Alias("AgentStream.Engine.Tests.ICallGrain")]
public interface ICallGrain : IGrainWithStringKey
{
    [Alias("EchoAsync")]
    Task<Parcel?> EchoAsync(Parcel? parcel, int number = 1);

    [Alias("EchoValueAsync")]
    ValueTask<int> EchoValueAsync(int number);

    [Alias("NothingAsync")]
    ValueTask NothingAsync();

    [Alias("ThrowAtOnceAsync")]
    Task ThrowAtOnceAsync(int code);

    [Alias("ThrowLaterAsync")]
    Task<int> ThrowLaterAsync(int code);

    [Alias("ThrowCanceledAsync")]
    Task ThrowCanceledAsync();

    [Alias("KeyAsync")]
    Task<string> KeyAsync();

    /// <summary>A reference to this grain.</summary>
    [Alias("SelfAsync")]
    Task<ICallGrain> SelfAsync();

    /// <summary>The key of another grain, asked of that grain.</summary>
    [Alias("AskKeyOfAsync")]
    Task<string> AskKeyOfAsync(ICallGrain other);

    /// <summary>Calls a chain of grains, each the next, and answers with their keys.</summary>
    [Alias("ChainAsync")]
    Task<string[]> ChainAsync(string[] others);

    /// <summary>Calls a grain that throws, and answers with what it caught.</summary>
    [Alias("CatchAsync")]
    Task<string> CatchAsync(string other, int code);

    [Alias("HoldOneWayAsync"), OneWay]
    Task HoldOneWayAsync(string name);

    [Alias("ThrowOneWayAsync"), OneWay]
    Task ThrowOneWayAsync();

    [Alias("HoldAsync")]
    Task<string> HoldAsync(string name, CancellationToken token = default);

    /// <summary>Registers with the token, and says where what it registered was run.</summary>
    [Alias("WatchAsync")]
    Task WatchAsync(string name, CancellationToken token);

    /// <summary>Lets another grain hold, with the same token.</summary>
    [Alias("HoldElsewhereAsync")]
    Task HoldElsewhereAsync(string other, string name, CancellationToken token);

    /// <summary>Holds, then calls another grain, and says what came of that.</summary>
    [Alias("HoldThenCallAsync")]
    Task HoldThenCallAsync(string name, string other);

    /// <summary>The name of the grain's silo.</summary>
    [Alias("SiloAsync")]
    Task<string> SiloAsync();

    /// <summary>Whether the token can be canceled, and is.</summary>
    [Alias("LookAtAsync")]
    Task<(bool CanBe, bool Is)> LookAtAsync(CancellationToken token);
}

/// <summary>A second interface of the same grains.</summary>
[Alias("AgentStream.Engine.Tests.IOtherCallGrain")]
public interface IOtherCallGrain : IGrainWithStringKey
{
    [Alias("OtherKeyAsync")]
    Task<string> OtherKeyAsync();
}

/// <summary>No class implements it.</summary>
[Alias("AgentStream.Engine.Tests.INobodysGrain")]
public interface INobodysGrain : IGrainWithStringKey
{
    [Alias("NothingAsync")]
    Task NothingAsync();
}

[GenerateSerializer, Immutable, Alias("AgentStream.Engine.Tests.Parcel")]
public sealed record Parcel([property: Id(0)] string Label, [property: Id(1)] int[] Items);

/// <summary>A failure with something to say.</summary>
[GenerateSerializer, Alias("AgentStream.Engine.Tests.CallFailedException")]
public sealed class CallFailedException(int code) : Exception($"The code is {code}.")
{
    [Id(0)]
    public int Code { get; } = code;
}

internal sealed class CallGrain(Signals signals, ILocalSiloDetails silo) : Grain, ICallGrain, IOtherCallGrain
{
    public Task<Parcel?> EchoAsync(Parcel? parcel, int number = 1) =>
        Task.FromResult(parcel is null ? null : parcel with { Items = [.. parcel.Items, number] });

    public ValueTask<int> EchoValueAsync(int number) => new(number);

    public async ValueTask NothingAsync() => await Task.Yield();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public Task ThrowAtOnceAsync(int code) => throw new CallFailedException(code);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public async Task<int> ThrowLaterAsync(int code)
    {
        await Task.Yield();
        throw new CallFailedException(code);
    }

    public Task ThrowCanceledAsync() => throw new OperationCanceledException("by itself");

    public Task<string> KeyAsync() => Task.FromResult(this.GetPrimaryKeyString());

    public Task<string> OtherKeyAsync() => KeyAsync();

    public Task<ICallGrain> SelfAsync() => Task.FromResult(this.AsReference<ICallGrain>());

    public Task<string> AskKeyOfAsync(ICallGrain other) => other.KeyAsync();

    public async Task<string[]> ChainAsync(string[] others) => others is [var next, .. var rest]
        ? [this.GetPrimaryKeyString(), .. await GrainFactory.GetGrain<ICallGrain>(next).ChainAsync(rest)]
        : [this.GetPrimaryKeyString()];

    public async Task<string> CatchAsync(string other, int code)
    {
        try
        {
            await GrainFactory.GetGrain<ICallGrain>(other).ThrowLaterAsync(code);
            return "nothing";
        }
        catch (CallFailedException exception)
        {
            return $"caught {exception.Code}";
        }
    }

    public Task HoldOneWayAsync(string name) => new Hold(signals, this, name).RunAsync();

    public Task ThrowOneWayAsync() => throw new CallFailedException(0);

    public async Task<string> HoldAsync(string name, CancellationToken token = default)
    {
        await new Hold(signals, this, name).RunAsync(token);
        return name;
    }

    public async Task WatchAsync(string name, CancellationToken token)
    {
        var home = TaskScheduler.Current;
        await using var registration = token.Register(() =>
            signals.Give($"{this.GetPrimaryKeyString()} {name} canceled", TaskScheduler.Current == home ? "home" : "away"));
        await new Hold(signals, this, name).RunAsync(CancellationToken.None);
    }

    public Task HoldElsewhereAsync(string other, string name, CancellationToken token) =>
        GrainFactory.GetGrain<ICallGrain>(other).HoldAsync(name, token);

    public async Task HoldThenCallAsync(string name, string other)
    {
        await new Hold(signals, this, name).RunAsync();
        var exception = await Record.ExceptionAsync(() => GrainFactory.GetGrain<ICallGrain>(other).KeyAsync());
        signals.Give($"{this.GetPrimaryKeyString()} {name} called", exception?.GetType().Name ?? "answered");
    }

    public Task<string> SiloAsync() => Task.FromResult(silo.Name);

    public Task<(bool CanBe, bool Is)> LookAtAsync(CancellationToken token) =>
        Task.FromResult((token.CanBeCanceled, token.IsCancellationRequested));
}
