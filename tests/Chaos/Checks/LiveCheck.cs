using System.Net;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.Chaos;

/// <summary>
/// Compares what q answers with the live flags, while there is traffic: a session whose flag is the same before and behind the question must be in the answer, and one in the answer must have had
/// its flag before or behind it. Questions that took so long that a run can begin and end meanwhile are not compared.
/// </summary>
internal sealed class LiveCheck(Stage stage, Edge edge, Violations violations, Figures figures)
{
    // The shortest run says 20 words, one in 20 ms.
    private static readonly TimeSpan ShortestRun = TimeSpan.FromMilliseconds(350);

    /// <summary>Asks for one user after the other.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        try
        {
            for (var user = 1; ; user = (user % Visitor.Users) + 1)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), end);
                await CheckAsync(user, end);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private async Task CheckAsync(int user, CancellationToken end)
    {
        var wrong = await WrongAsync(user, end);
        if (wrong.Count > 0)
        {
            // A session that is just being deleted is live for a moment, between the looks at the flags.
            wrong = [.. wrong.Intersect(await WrongAsync(user, end))];
        }

        if (wrong.Count > 0)
        {
            violations.Add("-", "q is the set of live flags", string.Join(", ", wrong), "");
        }
    }

    /// <summary>What an answer has that it must not have, and has not that it must have.</summary>
    private async Task<IReadOnlyList<string>> WrongAsync(int user, CancellationToken end)
    {
        var since = TimeProvider.System.GetTimestamp();
        var before = await stage.AskAsync(redis => FlagsAsync(redis, user));
        var (status, body) = await edge.AskAsync(HttpMethod.Get, "chat", user, end);
        var behind = await stage.AskAsync(redis => FlagsAsync(redis, user));
        if (status != HttpStatusCode.OK)
        {
            return [$"{status}"];
        }

        if (TimeProvider.System.GetElapsedTime(since) > ShortestRun)
        {
            figures.Add("questions for live sessions that took too long to be compared", 1);
            return [];
        }

        figures.Add("questions for live sessions, compared", 1);
        using var json = JsonDocument.Parse(body);
        var listed = json.RootElement.EnumerateArray().Select(session => session.GetProperty("session_id").GetString()!).ToHashSet();
        var missing = before.Where(flag => behind.GetValueOrDefault(flag.Key) == flag.Value && !listed.Contains(flag.Key)).Select(flag => $"{flag.Key} is live and not listed");
        var dead = listed.Where(session => !before.ContainsKey(session) && !behind.ContainsKey(session)).Select(session => $"{session} is listed and not live");
        return [.. missing, .. dead];
    }

    private static async Task<Dictionary<string, string>> FlagsAsync(RawRedis redis, int user)
    {
        var keys = await redis.TextsAsync("KEYS", $"{Stage.Prefix}:1:{user}:*:live");
        var values = keys.Count == 0 ? [] : await redis.TextsAsync(["MGET", .. keys!]);
        return keys.Zip(values).Where(pair => pair.Second is not null).ToDictionary(pair => pair.First!.Split(':')[3], pair => pair.Second!);
    }
}
