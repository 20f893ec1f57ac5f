using System.Collections.Concurrent;

namespace AgentStream.Grains.Agents;

/// <summary>The tool sources of a process's agents. The host lets go of what they hold when its runs have ended.</summary>
internal sealed class ToolProviders : IAsyncDisposable
{
    private readonly ConcurrentBag<IAsyncDisposable> _disposables = [];

    /// <summary>Takes a source into care.</summary>
    public NamedToolSource Add(string name, IToolProvider source)
    {
        if (source is IAsyncDisposable disposable)
        {
            _disposables.Add(disposable);
        }

        return new NamedToolSource(name, source);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_disposables.Select(d => d.DisposeAsync().AsTask()));
}

/// <summary>A tool source of an agent.</summary>
/// <param name="Name">What errors call it.</param>
/// <param name="Source">The source.</param>
internal sealed record NamedToolSource(string Name, IToolProvider Source);
