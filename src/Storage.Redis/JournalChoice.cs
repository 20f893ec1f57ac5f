using AgentStream.Logs;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Redis;

/// <summary>Registers the journal that the settings ask for.</summary>
internal static class JournalChoice
{
    private const string KindSetting = $"{AgentStreamOptions.Section}:{nameof(StorageOptions.Journal)}";
    private const string PathSetting = $"{AgentStreamOptions.Section}:{nameof(StorageOptions.JournalPath)}";

    private static readonly string DefaultPath = Path.Combine(".agentstream", "sessions.db");

    /// <summary>
    /// Registers <see cref="ISessionJournal"/> and <see cref="SqliteDatabase"/>, unless they are there, and opens the journal at the start.
    /// </summary>
    public static IServiceCollection AddJournal(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(Choose);
        services.TryAddSingleton(OpenDatabase);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StorageOptions>, RedisIsThere>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StorageOptions>>(new NothingIsGone(configuration)));
        return services.AddHostedService<Opening>();
    }

    private static ISessionJournal Choose(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<StorageOptions>>();
        var redis = services.GetService<RedisConnection>();
        var kind = options.Value.Journal;
        if (string.IsNullOrEmpty(kind))
        {
            kind = redis is not null ? "redis" : "sqlite";
        }

        return kind switch
        {
            "redis" => new RedisJournal(redis!, options, services.GetRequiredService<AtRestProtection>()),
            "sqlite" => new SqliteJournal(services.GetRequiredService<SqliteDatabase>(), services.GetRequiredService<AtRestProtection>()),
            _ => new InMemoryJournal(),
        };
    }

    private static SqliteDatabase OpenDatabase(IServiceProvider services)
    {
        var path = services.GetRequiredService<IOptions<StorageOptions>>().Value.JournalPath;
        var root = services.GetService<IHostEnvironment>()?.ContentRootPath ?? Environment.CurrentDirectory;
        var logger = services.GetService<ILoggerFactory>()?.CreateLogger("AgentStream.Database");
        try
        {
            return string.IsNullOrEmpty(path)
                ? SqliteDatabase.OpenFirstFree(Path.Combine(root, DefaultPath), logger)
                : SqliteDatabase.Open(Path.Combine(root, path), logger);
        }
        catch (IOException e)
        {
            var otherwise = string.IsNullOrEmpty(path) ? $", or {KindSetting} to 'memory'" : "";
            throw new IOException($"{e.Message.TrimEnd('.')}; set {PathSetting} to another file{otherwise}.", e);
        }
    }

    /// <summary>A journal in Redis needs one.</summary>
    private sealed class RedisIsThere(IServiceProviderIsService services) : IValidateOptions<StorageOptions>
    {
        public ValidateOptionsResult Validate(string? name, StorageOptions options) =>
            options.Journal != "redis" || services.IsService(typeof(RedisConnection))
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(
                    $"{KindSetting} is 'redis', but ConnectionStrings:{AgentStreamOptions.RedisConnectionName} is not set.");
    }

    /// <summary>A setting that is gone would be passed over, and sessions would be somewhere else than its user thinks.</summary>
    private sealed class NothingIsGone(IConfiguration configuration) : IValidateOptions<StorageOptions>
    {
        private const string Gone = $"{AgentStreamOptions.Section}:JournalDirectory";

        public ValidateOptionsResult Validate(string? name, StorageOptions options) =>
            string.IsNullOrEmpty(configuration[Gone])
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail($"{Gone} is gone: set {PathSetting} to the SQLite file that is to keep sessions.");
    }

    /// <summary>
    /// Opens the journal when the program starts, so that a file that is in use is found at the start and not by its users, and says where
    /// sessions are kept.
    /// </summary>
    private sealed class Opening(ISessionJournal journal, IOptions<StorageOptions> options, ILoggerFactory loggers) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            loggers.CreateLogger(nameof(AgentStream)).Safe().SessionsKept(Place());
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        private static string FirstName => Path.GetFileName(DefaultPath);

        private bool IsSecondChoice(string path) => string.IsNullOrEmpty(options.Value.JournalPath) && Path.GetFileName(path) != FirstName;

        private string Place() => journal switch
        {
            SqliteJournal { Database.Path: var path } => IsSecondChoice(path) ? $"{path}, since another process uses {FirstName}" : path,
            RedisJournal => "Redis",
            InMemoryJournal => "memory, and are gone when this process ends",
            _ => journal.GetType().ToString(),
        };
    }
}
