using System.Reflection;
using AgentStream.Storage;

namespace AgentStream.Grains.Tests;

/// <summary>A log that works, but loses the answer to the first start.</summary>
public class LossyStore : DispatchProxy
{
    private IStreamStore? _log;
    private int _lost;

    public static IStreamStore Around(IStreamStore log)
    {
        var proxy = Create<IStreamStore, LossyStore>();
        ((LossyStore)(object)proxy)._log = log;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = targetMethod!.Invoke(_log, args);
        return targetMethod.Name == nameof(IStreamStore.StartAsync) && Interlocked.Exchange(ref _lost, 1) == 0
            ? LoseAsync((Task<Cursor>)answer!)
            : answer;
    }

    private static async Task<Cursor> LoseAsync(Task<Cursor> answer)
    {
        await answer;
        throw new StorageUnavailableException("The answer was lost.");
    }
}
