using AgentStream.Logs;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Sqlite;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Redis;

/// <summary>Says at the start when sessions are encrypted with keys that anybody finds who gets at the sessions, or are not encrypted though that was asked for.</summary>
internal sealed class AtRestCheck(ISessionJournal journal, IOptions<StorageOptions> options, IOptions<KeyManagementOptions> keys, ILoggerFactory loggers) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.EncryptAtRest)
        {
            return Task.CompletedTask;
        }

        var logger = loggers.CreateLogger(nameof(AgentStream)).Safe();
        if (journal is not (RedisJournal or SqliteJournal))
        {
            logger.NotEncrypted(journal.GetType().Name);
        }
        else if (keys.Value is { XmlEncryptor: null, XmlRepository: RedisKeyRepository or SqliteKeyRepository })
        {
            logger.KeysBesideData();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
