using AgentStream.Storage.InMemory;
using AgentStream.Storage.Queue;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Sqlite;
using AgentStream.Storage.Tests.Journal;
using AgentStream.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Queue;

/// <summary>What every queue of prompts promises.</summary>
public sealed class PromptQueueTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-queue-");
    private readonly SessionKey _key = Samples.NewSession();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Each_queue_keeps_the_order_takes_a_prompt_once_and_forgets_what_is_out()
    {
        using var database = SqliteDatabase.Open(Path.Combine(_folder.FullName, "sessions.db"));
        var options = Options.Create(new StorageOptions { RedisPrefix = RedisServer.NewPrefix() });
        await using var connection = await RedisConnection.ConnectAsync(redis.Server.Configuration, options, TimeProvider.System);
        var inRedis = new RedisPromptQueue(connection, options, NullLogger<RedisPromptQueue>.Instance);
        foreach (var queue in new IPromptQueue[] { new InMemoryPromptQueue(), new SqlitePromptQueue(database), inRedis })
        {
            var prompts = Enumerable.Range(0, 3).Select(i => new QueuedPrompt($"run-{i}", "a", $"prompt\n{i} é", DateTimeOffset.UnixEpoch)
            {
                Caller = i == 1 ? null : new([new("email", "anna@example.com")], ["refunds"]),
                Tools = i == 0 ? null : [new("locate", "Where?", """{ "type": "object" }"""), new("ask")],
            }).ToList();
            foreach (var prompt in prompts)
            {
                Assert.Equal(prompts.IndexOf(prompt) + 1, await queue.AddAsync(_key, prompt));
            }

            Assert.Equal(2, await queue.AddAsync(_key, prompts[1]));
            Assert.Equal(prompts, await queue.ReadAsync(_key));
            Assert.Equal(prompts.Select(prompt => prompt.RunId), await queue.ReadRunsAsync(_key));
            await queue.RemoveAsync(_key, prompts[0]);
            await queue.RemoveAsync(_key, prompts[0]);
            Assert.Equal(prompts.Skip(1), await queue.ReadAsync(_key));
            Assert.Equal([_key], await queue.ListSessionsAsync(10));
            await queue.RemoveAsync(_key, prompts[1]);
            await queue.RemoveAsync(_key, prompts[2]);
            Assert.Empty(await queue.ListSessionsAsync(10));
        }
    }
}
