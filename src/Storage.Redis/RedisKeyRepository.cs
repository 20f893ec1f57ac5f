using System.Xml;
using System.Xml.Linq;
using AgentStream.Logs;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>The keys of Data Protection in Redis, a list of XML under <c>{prefix}:#keys</c>, for all processes with this Redis and prefix.</summary>
/// <remarks>Data Protection has no asynchronous repositories. It reads once a day, and when it meets a key that it does not know.</remarks>
internal sealed class RedisKeyRepository(RedisConnection redis, IOptions<StorageOptions> options, ILogger<RedisKeyRepository> logger) : IXmlRepository
{
    private static readonly RedisScript ReadScript = RedisScript.Named("keys-read.lua");

    // A process that dies before it has made the first key is waited for no longer.
    private static readonly TimeSpan FirstTakes = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _prefix = options.Value.RedisPrefix;
    private readonly string _process = Guid.NewGuid().ToString("N");

    private string Key => RedisKeys.Keys(_prefix);

    public IReadOnlyCollection<XElement> GetAllElements() => Task.Run(ReadAsync).GetAwaiter().GetResult();

    public void StoreElement(XElement element, string friendlyName)
    {
        var xml = element.ToString(SaveOptions.DisableFormatting);
        Task.Run(() => redis.RunAsync("keep a key of Data Protection", database => database.ListRightPushAsync(Key, xml), default, Key)).GetAwaiter().GetResult();
    }

    private async Task<IReadOnlyCollection<XElement>> ReadAsync()
    {
        while (true)
        {
            var answer = await redis.ScriptAsync("read the keys of Data Protection", ReadScript, [Key, RedisKeys.FirstKey(_prefix)], [_process, RedisKeys.Milliseconds(FirstTakes)]);
            if (answer.Resp2Type == ResultType.Array)
            {
                return [.. ((RedisValue[])answer!).Select(Parse).OfType<XElement>()];
            }

            if ((long)answer == 1)
            {
                return [];
            }

            await Task.Delay(Pause, redis.Time);
        }
    }

    private XElement? Parse(RedisValue xml)
    {
        try
        {
            return XElement.Parse(xml!);
        }
        catch (XmlException)
        {
            logger.Safe().ForeignKey($"{Key}, entry '{RedisForeignKeys.Shown(xml)}'");
            return null;
        }
    }
}
