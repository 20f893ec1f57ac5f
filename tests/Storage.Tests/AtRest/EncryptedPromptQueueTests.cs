using AgentStream.Storage.Queue;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Tests.Queue;
using AgentStream.Storage.Tests.Redis;
using AgentStream.TestTools;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.AtRest;

/// <summary>A queue that encrypts keeps the contract, and neither a prompt nor its hash stands in the store.</summary>
public abstract class EncryptedPromptQueueTests : PromptQueueContract
{
    private readonly SessionKey _key = Samples.NewSession();
    private readonly EphemeralDataProtectionProvider _keys = new();

    private IPromptQueue? _queue;

    protected override IPromptQueue Queue => _queue ??= Open(new(() => _keys, isOn: true));

    protected abstract IPromptQueue Open(AtRestProtection protection);

    /// <summary>What stands in the store for a prompt.</summary>
    protected abstract Task<string> StoredAsync(SessionKey key);

    [Fact]
    public async Task Neither_a_prompt_nor_its_hash_stands_in_the_store()
    {
        var prompt = Prompt("run-1", "hunter2") with { IdempotencyKey = "key-1", RequestHash = "0123456789ABCDEF" };
        Assert.Equal(1, await Queue.AddAsync(_key, prompt));
        var stored = await StoredAsync(_key);
        Assert.Contains("enc1:", stored, StringComparison.Ordinal);
        Assert.All((string[])["hunter2", "key-1", "0123456789ABCDEF"], word => Assert.DoesNotContain(word, stored, StringComparison.Ordinal));
        Assert.Equal(prompt, await Queue.FindAsync(_key, "run-1"));
        Assert.Equal(QueuedPromptInfo.Of(prompt), Assert.Single(await Queue.ListAsync(_key)));
    }

    [Fact]
    public async Task A_prompt_that_is_added_again_waits_once()
    {
        foreach (var run in (string[])["run-1", "run-2", "run-1"])
        {
            Assert.Equal(run == "run-1" ? 1 : 2, await Queue.AddAsync(_key, Prompt(run)));
        }

        Assert.Equal(2, await Queue.CountAsync(_key));
    }

    [Fact]
    public async Task Without_its_key_a_prompt_is_not_run_and_not_lost()
    {
        await Queue.AddAsync(_key, Prompt("run-1"));
        var other = Open(new(() => new EphemeralDataProtectionProvider(), isOn: true));
        foreach (var ask in (Func<Task>[])[() => other.ListAsync(_key).AsTask(), () => other.FindAsync(_key, "run-1").AsTask()])
        {
            Assert.Contains($"session {_key} is encrypted", (await Assert.ThrowsAsync<InvalidDataException>(ask)).Message, StringComparison.Ordinal);
        }

        Assert.NotNull(await Queue.FindAsync(_key, "run-1"));
    }
}

public sealed class EncryptedRedisPromptQueueTests(RedisFixture redis) : EncryptedPromptQueueTests, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private RedisStage? _stage;

    public async Task InitializeAsync() => _stage = await RedisStage.OpenAsync(redis.Server);

    public async Task DisposeAsync() => await _stage!.DisposeAsync();

    protected override IPromptQueue Open(AtRestProtection protection) =>
        new RedisPromptQueue(_stage!.Connection, Options.Create(_stage.Options), NullLogger<RedisPromptQueue>.Instance, protection);

    protected override async Task<string> StoredAsync(SessionKey key) => string.Join(
        '\n',
        [
            .. await _stage!.Raw.TextsAsync("LRANGE", $"{_stage.Options.RedisPrefix}:#waiting:{key}", "0", "-1"),
            .. await _stage.Raw.TextsAsync("HGETALL", $"{_stage.Options.RedisPrefix}:#prompts:{key}"),
        ]);
}

public sealed class EncryptedSqlitePromptQueueTests : EncryptedPromptQueueTests, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-sqlite-");
    private readonly SqliteDatabase _database;

    public EncryptedSqlitePromptQueueTests() => _database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"));

    public void Dispose()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
    }

    protected override IPromptQueue Open(AtRestProtection protection) => new SqlitePromptQueue(_database, protection);

    protected override async Task<string> StoredAsync(SessionKey key) =>
        string.Join('\n', await _database.ReadAsync(statements => statements.Query("SELECT info || prompt FROM prompts WHERE session = ?1", row => row.GetString(0), key.Session)));
}
