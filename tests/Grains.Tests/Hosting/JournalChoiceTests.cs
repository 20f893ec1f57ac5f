using System.Collections.Concurrent;
using AgentStream.Grains.Hosting;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Sqlite;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Hosting;

/// <summary>Where a program keeps its sessions, by its settings, and what it says of it.</summary>
public sealed class JournalChoiceTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-journal-");
    private readonly Lines _lines = new();

    public void Dispose()
    {
        _lines.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Without_settings_each_program_in_a_folder_gets_a_file_of_its_own()
    {
        var first = PathOf(".agentstream", "sessions.db");
        var second = PathOf(".agentstream", "sessions.2.db");
        using (await StartAsync())
        using (await StartAsync())
        {
            Assert.Equal([$"Sessions are kept in {first}.", $"Sessions are kept in {second}, since another process uses sessions.db."], _lines.All);
            Assert.True(File.Exists(first) && File.Exists(second));
        }

        using var again = await StartAsync();
        Assert.Equal($"Sessions are kept in {first}.", _lines.All[^1]);
    }

    [Fact]
    public async Task A_journal_that_is_not_encrypted_says_so_where_that_was_asked_for()
    {
        using var host = await StartAsync(("Journal", "memory"), ("EncryptAtRest", "true"));
        Assert.Contains("AgentStream:EncryptAtRest is on, but InMemoryJournal is not encrypted: only sessions in Redis and SQLite are.", _lines.All);
    }

    [Fact]
    public async Task A_path_is_relative_to_the_programs_folder()
    {
        using var host = await StartAsync(("Journal", "sqlite"), ("JournalPath", "data/mine.db"));
        Assert.Equal([$"Sessions are kept in {PathOf("data", "mine.db")}."], _lines.All);
        Assert.Equal(PathOf("data", "mine.db"), host.Services.GetRequiredService<SqliteDatabase>().Path);
    }

    [Fact]
    public async Task Memory_makes_no_file_and_says_what_that_means()
    {
        using var host = await StartAsync(("Journal", "memory"));
        Assert.Equal(["Sessions are kept in memory, and are gone when this process ends."], _lines.All);
        Assert.IsType<InMemoryJournal>(host.Services.GetRequiredService<ISessionJournal>());
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task With_Redis_and_no_setting_sessions_are_there()
    {
        using var host = await StartAsync(("RedisPrefix", RedisServer.NewPrefix()), ("ConnectionStrings:redis", redis.Server.Configuration));
        Assert.Equal(["Sessions are kept in Redis."], _lines.All);
        Assert.IsType<RedisJournal>(host.Services.GetRequiredService<ISessionJournal>());
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task A_path_that_cannot_be_used_stops_the_start_and_is_named_with_its_setting()
    {
        File.WriteAllText(PathOf("mine.db"), string.Concat(Enumerable.Repeat("not a database ", 100)));
        var error = await Assert.ThrowsAsync<IOException>(() => StartAsync(("JournalPath", "mine.db")));
        Assert.Equal($"The database '{PathOf("mine.db")}' cannot be opened: it is no SQLite database, or is damaged; set AgentStream:JournalPath to another file.", error.Message);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_stops_the_start_with_the_ways_out()
    {
        // Also a test that runs as root makes no folder here.
        File.WriteAllText(PathOf(".agentstream"), "in the way");
        var error = await Assert.ThrowsAsync<IOException>(() => StartAsync());
        Assert.StartsWith($"The database '{PathOf(".agentstream", "sessions.db")}' cannot be opened: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("; set AgentStream:JournalPath to another file, or AgentStream:Journal to 'memory'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_setting_that_was_there_before_is_refused_with_the_new_one()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(("JournalDirectory", "sessions")));
        Assert.Equal(["AgentStream:JournalDirectory is gone: set AgentStream:JournalPath to the SQLite file that is to keep sessions."], error.Failures);
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    private string PathOf(params string[] parts) => Path.Combine([_folder.FullName, .. parts]);

    private async Task<IHost> StartAsync(params (string Name, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { ContentRootPath = _folder.FullName });
        builder.Logging.AddProvider(_lines);
        foreach (var (name, value) in settings)
        {
            builder.Configuration[name.Contains(':', StringComparison.Ordinal) ? name : $"AgentStream:{name}"] = value;
        }

        builder.Services.AddAgentStream(builder.Configuration);
        var host = builder.Build();
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>What the journal says, at the level that a program shows by default.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public IReadOnlyList<string> All => [.. _lines];

        public ILogger CreateLogger(string categoryName) => categoryName == nameof(AgentStream) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
