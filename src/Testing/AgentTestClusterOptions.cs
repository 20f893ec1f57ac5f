using Microsoft.Extensions.Hosting;

namespace AgentStream.Testing;

/// <summary>How an <see cref="AgentTestCluster"/> is set up.</summary>
public sealed class AgentTestClusterOptions
{
    /// <summary>Gets or sets the connection string of a Redis that keeps streams and sessions. Null, the default: all is kept in memory, and gone at the end.</summary>
    public string? Redis { get; set; }

    /// <summary>
    /// Gets or sets what the keys in Redis start with. Null, the default: a prefix that no other cluster has, whose keys are deleted when the cluster is disposed of. Keys of a prefix that is set stay.
    /// </summary>
    public string? RedisPrefix { get; set; }

    /// <summary>Gets or sets how many silos the cluster has; 1 by default. More than one need <see cref="Redis"/>.</summary>
    public short Silos { get; set; } = 1;

    /// <summary>Gets or sets what is done to the host of each silo before its agents are added: settings of its <c>Configuration</c>, services. Null for nothing.</summary>
    public Action<IHostApplicationBuilder>? ConfigureHost { get; set; }

    /// <summary>Gets or sets what is done to each silo. Null for nothing.</summary>
    public Action<ISiloBuilder>? ConfigureSilo { get; set; }
}
