using System.Globalization;
using System.Text;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Tailing;
using AgentStream.TestTools;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Hub;

/// <summary>A hub over a log that a test scripts, on a clock that stands still: what comes, comes by notices, not by polls.</summary>
internal sealed class HubStage : IDisposable
{
    private readonly InMemoryStreamStore _memory;
    private long _number;

    public HubStage()
    {
        _memory = new(Options.Create(new StorageOptions()), Time);
        Log = new(_memory);
        Hub = new(Log, Time, NullLogger<StreamHub>.Instance);
    }

    public ManualTimeProvider Time { get; } = new();

    public ScriptedStore Log { get; }

    public StreamHub Hub { get; }

    public SessionKey Key { get; } = new(1, 2, "s");

    public RunToken Run { get; private set; } = null!;

    public async Task StartAsync(string siloId = "silo")
    {
        _number = 0;
        Run = new(Key, siloId, Guid.NewGuid().ToString());
        await Log.StartAsync(Run);
    }

    /// <summary>Another silo recovers the run.</summary>
    public async Task RecoverAsync(string siloId) => Run = (await Log.RecoverAsync(Run, siloId))!.Run;

    public Task SayAsync(params string[] texts) =>
        Log.AppendAsync(Run, ++_number, [.. texts.Select(text => new NewEntry(Protocol.Event, "o", Encoding.UTF8.GetBytes(text)))]);

    public Task SayAsync(int first, int count) => SayAsync([.. Enumerable.Range(first, count).Select(Number)]);

    public Task FinishAsync() => Log.FinishAsync(Run, ++_number, [], TimeSpan.FromMinutes(1));

    public Heard Listen(Cursor? after = null) => new(Hub.ListenAsync(Key, after));

    public static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);

    /// <summary>The tail has read all there was, and waits for a notice.</summary>
    public Task TailWaitsAsync() => Wait.Until(() => Time.NextTimer == TailRules.SafetyPoll, "the tail to wait for a notice");

    public async Task NothingIsLeftAsync()
    {
        await Wait.Until(() => Hub.ActiveListeners == 0 && Hub.ActiveFeeds == 0 && Log.Watches == 0, "no listener, tail or watch");
        await Wait.Until(() => _memory.WatchCount == 0, "no watch in the log");
    }

    public void Dispose() => _memory.Dispose();
}

/// <summary>One listener, read step by step.</summary>
internal sealed class Heard : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IAsyncEnumerator<StreamEntry> _events;
    private Task<string?> _next = Task.FromResult<string?>(null);

    public Heard(IAsyncEnumerable<StreamEntry> events) => _events = events.GetAsyncEnumerator(_stop.Token);

    public Cursor Cursor => _events.Current.Cursor;

    // What a test says as it is, is no JSON, and comes out of Redis as a JSON string.
    public static string Text(StreamEntry entry) => entry.Type == Protocol.Event ? Encoding.UTF8.GetString(entry.Body.Span).Trim('"') : entry.Type;

    /// <summary>The next event's text; null when the listening is complete.</summary>
    public Task<string?> NextAsync() => _next = StepAsync();

    public async Task<List<string>> NextAsync(int count)
    {
        var texts = new List<string>();
        while (texts.Count < count && await NextAsync().Within($"event {texts.Count + 1} of {count}") is { } text)
        {
            texts.Add(text);
        }

        return texts;
    }

    public Task<List<string>> RestAsync() => NextAsync(int.MaxValue);

    public Task StopAsync() => _stop.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _next.ContinueWith(_ => { }, TaskScheduler.Default).Within("the listener's last step");
        await _events.DisposeAsync();
        _stop.Dispose();
    }

    private async Task<string?> StepAsync() => await _events.MoveNextAsync() ? Text(_events.Current) : null;
}
