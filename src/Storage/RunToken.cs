using System.Globalization;

namespace AgentStream.Storage;

/// <summary>The fencing token of a run: every write of the run proves, in the same atomic step, that the session is still owned by it.</summary>
/// <param name="Key">The session.</param>
/// <param name="SiloId">The process that owns the run.</param>
/// <param name="RunId">The run; every run has a new id.</param>
/// <param name="Turn">
/// How often the run was recovered before the process got it. A process may get a run back that it had lost; what it sent in its first turn is not to count in its second.
/// </param>
public sealed record RunToken(SessionKey Key, string SiloId, string RunId, int Turn = 0)
{
    private const char Mark = '~';

    /// <summary>Gets run and turn in one word, as stores keep them: the run's id, and from the second turn on <c>~</c> and the turn.</summary>
    public string Fence => Turn == 0 ? RunId : string.Create(CultureInfo.InvariantCulture, $"{RunId}{Mark}{Turn}");

    /// <summary>Makes the token of the process that recovers the run.</summary>
    /// <param name="siloId">That process.</param>
    /// <returns>The token of the run's next turn.</returns>
    public RunToken For(string siloId) => this with { SiloId = siloId, Turn = Turn + 1 };

    /// <summary>Reads a <see cref="Fence"/>.</summary>
    /// <param name="key">The session.</param>
    /// <param name="siloId">The process that owns the run.</param>
    /// <param name="fence">The fence. What has no turn in it is a run in its first.</param>
    /// <returns>The token.</returns>
    public static RunToken Of(SessionKey key, string siloId, string fence)
    {
        var mark = fence.LastIndexOf(Mark);
        return mark >= 0 && int.TryParse(fence.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var turn)
            ? new(key, siloId, fence[..mark], turn)
            : new(key, siloId, fence);
    }
}
