using System.Reflection;
using AgentStream.Storage;

namespace AgentStream.Grains.Tests;

/// <summary>A log that works, but loses the answer to the first start.</summary>
public class LossyLog : DispatchProxy
{
    private IEventLog? _log;
    private int _lost;

    public static IEventLog Around(IEventLog log)
    {
        var proxy = Create<IEventLog, LossyLog>();
        ((LossyLog)(object)proxy)._log = log;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = targetMethod!.Invoke(_log, args);
        return targetMethod.Name == nameof(IEventLog.StartAsync) && Interlocked.Exchange(ref _lost, 1) == 0
            ? LoseAsync((Task<Cursor>)answer!)
            : answer;
    }

    private static async Task<Cursor> LoseAsync(Task<Cursor> answer)
    {
        await answer;
        throw new LogUnavailableException("The answer was lost.");
    }
}
