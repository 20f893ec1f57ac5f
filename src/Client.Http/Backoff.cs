namespace AgentStream.Client.Http;

/// <summary>How long to wait before a try: ever longer, up to 5 s, and spread so that clients do not come back in step. It grows slowly: a run that has ended can be read for some seconds only.</summary>
internal static class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>The wait after a number of failures in a row.</summary>
    /// <param name="failures">How many there were: 1 or more.</param>
    /// <returns>The wait.</returns>
    public static TimeSpan After(int failures)
    {
        var wait = First * Math.Pow(1.6, Math.Min(failures - 1, 10));
        return (wait < Longest ? wait : Longest) * (0.75 + (Random.Shared.NextDouble() / 4));
    }
}
