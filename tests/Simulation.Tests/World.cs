using System.Globalization;
using AgentStream.Storage;
using AgentStream.Storage.Redis;
using StackExchange.Redis;

namespace AgentStream.Simulation.Tests;

/// <summary>Silos, sessions and readers under a prefix of their own in a real Redis, and everything about them that time and chance could do: a schedule does it.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly RedisConnection _redis;
    private int _requests;

    public World(RedisConnection redis, string prefix, Mutant mutant)
    {
        (_redis, Mutant) = (redis, mutant);

        // Nothing expires by itself: the schedule lets it.
        Options = new() { GracePeriod = TimeSpan.FromHours(1) };
        Storage = new() { RedisPrefix = prefix, Lease = TimeSpan.FromHours(1) };
        Log = new(redis, Microsoft.Extensions.Options.Options.Create(Storage));
        Journal = new(redis, Microsoft.Extensions.Options.Options.Create(Storage));
        Book = new(this);
        Sessions = [new(1, 1, "a"), new(1, 1, "b")];
    }

    public AgentStreamOptions Options { get; }

    public StorageOptions Storage { get; }

    public RedisStreamStore Log { get; }

    public RedisJournal Journal { get; }

    public Mutant Mutant { get; }

    public Book Book { get; }

    public Pump Pump { get; } = new();

    public Network Network { get; } = new();

    public IReadOnlyList<SessionKey> Sessions { get; }

    public List<Silo> Silos { get; } = [];

    public List<Reader> Readers { get; } = [];

    /// <summary>Models and tools that wait for the schedule's word.</summary>
    public List<ModelTurn> Turns { get; } = [];

    /// <summary>Runs whose silos have not heard yet that they were canceled.</summary>
    public List<RunToken> Notices { get; } = [];

    public int NewRequest() => ++_requests;

    public Silo AddSilo()
    {
        var silo = new Silo(this, $"s{Silos.Count + 1}");
        Silos.Add(silo);
        Book.NameSilo(silo.Id, silo.Name);
        return silo;
    }

    /// <summary>Lets a silo or a client do something that may fail in the ways that the log's contract names, and in no other.</summary>
    public void Do(string who, Func<Task> work) => Pump.Post(async void () =>
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (exception is SessionBusyException or StorageUnavailableException or OwnershipLostException)
        {
        }
        catch (Exception exception)
        {
            Book.Fail($"{who} failed: {exception}");
        }
    });

    /// <summary>A silo's lease runs out.</summary>
    public async Task ExpireLeaseAsync(Silo silo)
    {
        await DeleteAsync(RedisKeys.Lease(Storage.RedisPrefix, silo.Id));
        Book.Leased(silo.Id, false);
    }

    /// <summary>A client of the Python library cancels.</summary>
    public async Task CancelFromPythonAsync(SessionKey key)
    {
        var flag = new RedisKeys(Storage.RedisPrefix, key).Live;
        var taken = await _redis.RunAsync("cancel", database => database.ExecuteAsync("GETDEL", flag));
        Book.Canceled(key, !taken.IsNull, isTold: false);
    }

    /// <summary>A stream whose time has come expires, or the memory of its owner does, which is kept longer.</summary>
    public async Task ExpireAsync(SessionKey key)
    {
        var session = Book.Of(key);
        var keys = new RedisKeys(Storage.RedisPrefix, key);
        session.Capture(await ReadStreamAsync(key));
        if (await ExpiresAsync(keys.Stream))
        {
            session.HasExpired = true;
            await DeleteAsync(keys.Stream);
        }
        else if (await ExpiresAsync(keys.Owner))
        {
            session.LastEnded = null;
            await DeleteAsync(keys.Owner);
        }
    }

    public async Task<IReadOnlyList<StreamEntry>> ReadStreamAsync(SessionKey key)
    {
        var stream = new RedisKeys(Storage.RedisPrefix, key).Stream;
        return RedisEntries.Read(await _redis.RunAsync("read", database => database.StreamRangeAsync(stream)));
    }

    /// <summary>Holds what is in Redis against the book, when all is quiet.</summary>
    public async Task CompareAsync()
    {
        foreach (var session in Book.Sessions)
        {
            session.Capture(await ReadStreamAsync(session.Key));
            if (StreamGrammar.Fault(session.History, Book.Said) is { } fault)
            {
                Book.Fail($"1: stream of {session.Key.Session}: {fault}");
            }

            var journal = RedisKeys.Journal(Storage.RedisPrefix, session.Key);
            var records = ((RedisResult[]?)await _redis.RunAsync("read", database => database.ExecuteAsync("XRANGE", journal, "-", "+")))!
                .Select(entry => (byte[]?)((RedisValue[]?)((RedisResult[]?)entry)![1])![3])
                .ToList();
            if (records.Count != session.Records.Count || !records.Zip(session.Records).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)))
            {
                Book.Fail($"3: the journal of {session.Key.Session} has {records.Count} records, and they are not the {session.Records.Count} that were acknowledged");
            }

            if (!session.Begun.IsSubsetOf(session.Ended))
            {
                Book.Fail($"4: a run of {session.Key.Session} whose prompt was accepted has no end in the journal");
            }
        }

        Readers.ForEach(reader => reader.Compare());

        foreach (var set in (string[])[.. Silos.Select(silo => RedisKeys.SiloRuns(Storage.RedisPrefix, silo.Id)), RedisKeys.Registry(Storage.RedisPrefix, User), RedisKeys.Registry(Storage.RedisPrefix, User.Scope)])
        {
            if (await _redis.RunAsync("count", database => database.SetLengthAsync(set)) is var left and > 0)
            {
                Book.Fail(string.Create(CultureInfo.InvariantCulture, $"7: {left} stayed behind in {set}"));
            }
        }
    }

    private static UserKey User { get; } = new(1, 1);

    public async ValueTask DisposeAsync()
    {
        Log.Dispose();
        var prefix = Storage.RedisPrefix;
        await DeleteAsync(
        [
            RedisKeys.AllSilos(prefix), RedisKeys.Registry(prefix, User), RedisKeys.Registry(prefix, User.Scope), RedisKeys.Sizes(prefix, User), RedisKeys.Sizes(prefix, User.Scope),
            .. Silos.SelectMany(silo => (string[])[RedisKeys.Lease(prefix, silo.Id), RedisKeys.SiloRuns(prefix, silo.Id)]),
            .. Sessions.SelectMany(key => (string[])
                [new RedisKeys(prefix, key).Stream, new RedisKeys(prefix, key).Live, new RedisKeys(prefix, key).Owner, RedisKeys.Journal(prefix, key)]),
        ]);
    }

    private Task<long> DeleteAsync(params string[] keys) =>
        _redis.RunAsync("delete", database => database.KeyDeleteAsync([.. keys.Select(key => (RedisKey)key)]));

    private async Task<bool> ExpiresAsync(string key) => await _redis.RunAsync("look", database => database.KeyTimeToLiveAsync(key)) is not null;
}
