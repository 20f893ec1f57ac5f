using System.Globalization;
using AgentStream.Storage.Ownership;

namespace AgentStream.Storage;

/// <summary>Reasons that both logs give.</summary>
internal static class StoreErrors
{
    /// <summary>Why a start was refused, when a run of ours is under way.</summary>
    /// <param name="siloId">The process that owns it.</param>
    /// <returns>The reason, as part of a sentence.</returns>
    public static string OwnedBy(string siloId) => siloId == SiloIdentity.Nobody
        ? "a run is under way that its silo has handed off and another is about to recover"
        : $"a run of silo {siloId} is under way";

    /// <summary>Why a start was refused, when another library's run is under way.</summary>
    /// <param name="silence">How long its stream has not moved.</param>
    /// <returns>The reason, as part of a sentence.</returns>
    public static string Foreign(TimeSpan silence) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"another library's run is under way and its stream moved {silence.TotalSeconds:0.#} s ago; after {StreamRules.ForeignSilence.TotalSeconds:0} s of silence it counts as left behind by a crash");
}
