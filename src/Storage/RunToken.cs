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

    /// <summary>Run and turn in one word, as Redis keeps them.</summary>
    internal string Fence => Turn == 0 ? RunId : string.Create(CultureInfo.InvariantCulture, $"{RunId}{Mark}{Turn}");

    /// <summary>The token of the one who recovers the run.</summary>
    internal RunToken For(string siloId) => this with { SiloId = siloId, Turn = Turn + 1 };

    /// <summary>Reads what Redis keeps.</summary>
    internal static RunToken Of(SessionKey key, string siloId, string fence)
    {
        var mark = fence.LastIndexOf(Mark);
        return mark >= 0 && int.TryParse(fence.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var turn)
            ? new(key, siloId, fence[..mark], turn)
            : new(key, siloId, fence);
    }
}
