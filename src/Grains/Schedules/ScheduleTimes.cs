using System.Security;
using AgentStream.Storage.Journal;
using Cronos;

namespace AgentStream.Grains.Schedules;

/// <summary>When the prompts of schedules come. All times are in whole milliseconds, as the index of sessions by time has them.</summary>
internal static class ScheduleTimes
{
    /// <summary>The time zone of a cron expression that names none.</summary>
    public const string DefaultZone = "UTC";

    /// <summary>The first time of a request that keeps the rules of <see cref="ScheduleRequestRules"/>.</summary>
    /// <exception cref="InvalidInputException">There is none, or there is no such time zone.</exception>
    public static DateTimeOffset First(ScheduleRequest request, DateTimeOffset now)
    {
        if (request.At is { } at)
        {
            return at > now ? Whole(at) : throw new InvalidInputException("at", "must be in the future");
        }

        var expression = Parse(request.Cron!) ?? throw new InvalidInputException("cron", "must be a cron expression of five fields, such as 0 9 * * MON-FRI");
        var zone = Find(request.TimeZone ?? DefaultZone) ?? throw new InvalidInputException("time_zone", "must be the IANA id of a time zone that the server knows, such as Europe/Berlin");
        return expression.GetNextOccurrence(now, zone)?.ToUniversalTime() ?? throw new InvalidInputException("cron", "must have a time that comes, unlike 0 0 30 2 *");
    }

    /// <summary>The first time of a schedule's after another; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">Its time zone, or its expression, is not known to this silo.</exception>
    public static DateTimeOffset? Next(ScheduleSetRecord schedule, DateTimeOffset after)
    {
        if (schedule.Cron is not { } cron)
        {
            return null;
        }

        var zone = Find(schedule.TimeZone ?? DefaultZone) ?? throw new InvalidOperationException($"This machine does not know the time zone {schedule.TimeZone}.");
        var expression = Parse(cron) ?? throw new InvalidOperationException($"The cron expression of schedule {schedule.Id} is not one.");
        return expression.GetNextOccurrence(after, zone)?.ToUniversalTime();
    }

    private static DateTimeOffset Whole(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private static CronExpression? Parse(string cron) => CronExpression.TryParse(cron, CronFormat.Standard, out var expression) ? expression : null;

    private static TimeZoneInfo? Find(string id)
    {
        try
        {
            return ScheduleRequestRules.TimeZone(id) is null ? TimeZoneInfo.FindSystemTimeZoneById(id) : null;
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or SecurityException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
