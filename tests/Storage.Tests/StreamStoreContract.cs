using System.Text;

namespace AgentStream.Storage.Tests;

/// <summary>What every stream store promises. A class for each log gives it the log, and the means to let time pass. The other parts of this class are the chapters.</summary>
public abstract partial class StreamStoreContract
{
    private const string Silo = "silo-1";
    private const string OtherSilo = "silo-2";
    private static int Users;

    /// <summary>A user that no other test has, and its sessions.</summary>
    private readonly UserKey _user = new(7, Interlocked.Increment(ref Users));

    /// <summary>The log under test.</summary>
    protected abstract IStreamStore Log { get; }

    /// <summary>Lets the lease of a process run out.</summary>
    protected abstract Task ExpireLeaseAsync(string siloId);

    /// <summary>Lets the grace period of a finished run run out.</summary>
    protected abstract Task ExpireStreamAsync(SessionKey key);

    /// <summary>Lets the time pass that past runs of a session stay.</summary>
    protected abstract Task ExpirePastAsync(SessionKey key);

    private static NewEntry Said(string text) => new(Protocol.Event, Protocol.DefaultEventOrigin, Encoding.UTF8.GetBytes($$"""{"text":"{{text}}"}"""));

    private static string Text(StreamEntry entry) => entry.Type == Protocol.Event ? Encoding.UTF8.GetString(entry.Body.Span)[9..^2] : entry.Type;

    private static RunToken NewRun(SessionKey key, string siloId = Silo) => new(key, siloId, Guid.CreateVersion7().ToString());

    private SessionKey NewSession() => _user.Session($"s{Guid.NewGuid():N}");

    private async Task<RunToken> StartedAsync(SessionKey? key = null, string siloId = Silo)
    {
        var run = NewRun(key ?? NewSession(), siloId);
        await Log.StartAsync(run);
        return run;
    }

    private Task<AppendResult> FinishAsync(RunToken run, long number = 1_000) => Log.FinishAsync(run, number, [], TimeSpan.FromMinutes(1));

    private async Task<string> TextsAsync(SessionKey key) => string.Join(' ', (await Log.ReadAsync(key, Cursor.Start, 1_000)).Events.Select(Text));
}
