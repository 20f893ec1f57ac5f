using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace AgentStream.Grains.Runs;

/// <summary>By what requests that set schedules, and the prompts of schedules, are known when they come again.</summary>
internal static class ScheduleKeys
{
    /// <summary>The key of a request; null when its sender gave none. What is known of the user does not count, as for a prompt.</summary>
    public static RequestKey? Of(ScheduleRequest request) => request.IdempotencyKey is { } key
        ? new(key, Convert.ToHexString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes<string?[]>(
            [request.Agent, request.Prompt, request.At?.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture), request.Cron, request.TimeZone], JsonSerializerOptions.Default))))
        : null;

    /// <summary>A new id.</summary>
    public static string NewId(DateTimeOffset now) => Guid.CreateVersion7(now).ToString();

    /// <summary>When an id was made: a UUID of version 7 begins with it.</summary>
    public static DateTimeOffset TimeOf(string id) =>
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(id.Replace("-", "", StringComparison.Ordinal).AsSpan(0, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    /// <summary>The idempotency key of the prompt of one occurrence. It has spaces, which no key of a user has.</summary>
    public static string Of(KnownSchedule schedule) => $"{Prefix(schedule.Id)}{schedule.Next.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Whether a key is that of another occurrence of a schedule.</summary>
    public static bool IsOfOther(string? key, KnownSchedule schedule) => key?.StartsWith(Prefix(schedule.Id), StringComparison.Ordinal) == true && key != Of(schedule);

    private static string Prefix(string id) => $"schedule {id} ";
}
