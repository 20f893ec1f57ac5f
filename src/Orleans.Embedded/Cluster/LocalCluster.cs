using System.Collections.Concurrent;
using Orleans.Embedded.Activations;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>The silos of a cluster, all in this process, and the one directory that says where each grain lives.</summary>
internal sealed class LocalCluster
{
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private readonly Lock _siloChange = new();
    private volatile Silo[] _silos = [];

    public IEnumerable<Activation> ActivationsOn(Silo silo) =>
        _activations.Where(entry => entry.Value.Silo == silo).Select(entry => entry.Value);

    /// <summary>From now on new activations may be placed on the silo.</summary>
    public void Join(Silo silo)
    {
        lock (_siloChange)
        {
            _silos = [.. _silos, silo];
        }
    }

    /// <summary>From now on no new activation stays on the silo.</summary>
    public void Leave(Silo silo)
    {
        lock (_siloChange)
        {
            _silos = [.. _silos.Where(other => other != silo)];
        }
    }

    /// <summary>Brings a request to the grain's activation, making one if there is none.</summary>
    /// <exception cref="SiloUnavailableException">The grain has no activation, and the cluster no silo to make one on.</exception>
    public void Deliver(Request request, GrainId id)
    {
        while (!(_activations.TryGetValue(id, out var activation) ? activation : Place(id)).TryEnqueue(request))
        {
            // That activation went in the meantime, and took itself out of the directory: the next one is another.
        }
    }

    public void Remove(Activation activation)
    {
        if (_activations.TryRemove(new(activation.Id, activation)))
        {
            activation.Silo.CountActivation(-1);
        }
    }

    private Activation Place(GrainId id)
    {
        var silo = _silos.MinBy(silo => silo.ActivationCount)
            ?? throw new SiloUnavailableException($"No silo is there to activate {id}.");
        var made = new Activation(silo, id);
        var placed = _activations.GetOrAdd(id, made);
        if (placed == made)
        {
            silo.CountActivation(+1);
            if (!_silos.Contains(silo))
            {
                // The silo left after it was chosen, perhaps without having seen this activation.
                made.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The silo is leaving."));
            }
        }

        return placed;
    }
}
