using Microsoft.Extensions.Hosting;

namespace Orleans.TestingHost;

/// <summary>What an <see cref="InProcessTestCluster"/> is made of.</summary>
public sealed class InProcessTestClusterOptions
{
    /// <summary>The cluster's id.</summary>
    public string ClusterId { get; set; } = null!;

    /// <summary>The service's id.</summary>
    public string ServiceId { get; set; } = null!;

    /// <summary>Whether <see cref="InProcessTestCluster.DeployAsync"/> makes a client.</summary>
    public bool InitializeClientOnDeploy { get; set; }

    /// <summary>How many silos <see cref="InProcessTestCluster.DeployAsync"/> starts.</summary>
    public short InitialSilosCount { get; set; }

    /// <summary>What configures each silo's host, in order.</summary>
    public List<Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder>> SiloHostConfigurationDelegates { get; } = [];

    /// <summary>What configures the client's host, in order.</summary>
    public List<Action<IHostApplicationBuilder>> ClientHostConfigurationDelegates { get; } = [];
}

/// <summary>What is a silo's own.</summary>
public sealed class InProcessTestSiloSpecificOptions
{
    /// <summary>The port in the silo's address. Nothing listens there.</summary>
    public int SiloPort { get; set; }

    /// <summary>The silo's name: <c>Silo_</c> and its number.</summary>
    public string SiloName { get; set; } = null!;
}
