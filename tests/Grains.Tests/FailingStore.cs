using System.Reflection;
using AgentStream.Storage;

namespace AgentStream.Grains.Tests;

/// <summary>A log that works, but is away for certain calls.</summary>
public class FailingStore : DispatchProxy
{
    private IStreamStore? _log;
    private Func<string, object?[], bool>? _fails;

    /// <summary>Wraps a log.</summary>
    /// <param name="log">The log that works.</param>
    /// <param name="fails">From a call's name and arguments: whether it fails.</param>
    public static IStreamStore Around(IStreamStore log, Func<string, object?[], bool> fails)
    {
        var proxy = Create<IStreamStore, FailingStore>();
        var failing = (FailingStore)(object)proxy;
        (failing._log, failing._fails) = (log, fails);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _fails!(targetMethod!.Name, args!)
        ? throw new StorageUnavailableException("The log is away.")
        : targetMethod.Invoke(_log, args);
}
