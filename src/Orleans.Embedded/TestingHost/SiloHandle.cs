using Microsoft.Extensions.Hosting;
using Orleans.Runtime;

namespace Orleans.TestingHost;

/// <summary>A silo of a test cluster.</summary>
public abstract class SiloHandle : IDisposable, IAsyncDisposable
{
    /// <summary>The silo's number, from 0.</summary>
    public short InstanceNumber { get; set; }

    /// <summary>The silo's name.</summary>
    public string Name { get; set; } = null!;

    /// <summary>The silo's address.</summary>
    public SiloAddress SiloAddress { get; set; } = null!;

    /// <summary>Whether the silo has not been stopped or killed yet.</summary>
    public abstract bool IsActive { get; }

    /// <summary>Stops the silo.</summary>
    /// <param name="stopGracefully">Whether its activations go in order.</param>
    /// <returns>A task that completes when the silo has stopped.</returns>
    public abstract Task StopSiloAsync(bool stopGracefully);

    /// <summary>Stops the silo.</summary>
    /// <param name="ct">When it is canceled, activations that are still there do not go in order.</param>
    /// <returns>A task that completes when the silo has stopped.</returns>
    public abstract Task StopSiloAsync(CancellationToken ct);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
#pragma warning disable CA1816 // Nothing has a finalizer here.
    public abstract ValueTask DisposeAsync();
#pragma warning restore CA1816

    /// <summary>The silo's address.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() => SiloAddress.ToString();

    /// <summary>Stops the silo in order if it is active.</summary>
    /// <param name="disposing">Always true.</param>
    protected virtual void Dispose(bool disposing) => StopSiloAsync(true).GetAwaiter().GetResult();
}

/// <summary>A silo of an <see cref="InProcessTestCluster"/>: a host of its own in this process.</summary>
public class InProcessSiloHandle : SiloHandle
{
    private bool _isActive = true;

    /// <summary>The silo's host.</summary>
    public IHost SiloHost { get; init; } = null!;

    /// <summary>The services of the silo's host.</summary>
    public IServiceProvider ServiceProvider => SiloHost.Services;

    /// <inheritdoc/>
    public override bool IsActive => _isActive;

    /// <inheritdoc/>
    public override Task StopSiloAsync(bool stopGracefully) => StopSiloAsync(new CancellationToken(canceled: !stopGracefully));

    /// <inheritdoc/>
    public override async Task StopSiloAsync(CancellationToken ct)
    {
        if (!_isActive)
        {
            return;
        }

        try
        {
            await Task.Run(() => SiloHost.StopAsync(ct), CancellationToken.None);
        }
        finally
        {
            _isActive = false;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await StopSiloAsync(true);
        }
        finally
        {
            await ((IAsyncDisposable)SiloHost).DisposeAsync();
            GC.SuppressFinalize(this);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        SiloHost.Dispose();
    }
}
