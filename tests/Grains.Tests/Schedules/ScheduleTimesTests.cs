using AgentStream.Grains.Schedules;
using AgentStream.Storage.Journal;

namespace AgentStream.Grains.Tests.Schedules;

/// <summary>When prompts come, in time zones, and which requests are refused.</summary>
public sealed class ScheduleTimesTests
{
    [Theory]
    [InlineData("0 9 * * MON-FRI", null, "2026-01-03T00:00:00Z", "2026-01-05T09:00:00Z")]
    [InlineData("0 9 * * *", "Europe/Berlin", "2026-01-15T00:00:00Z", "2026-01-15T08:00:00Z")]
    [InlineData("0 9 * * *", "Europe/Berlin", "2026-07-15T00:00:00Z", "2026-07-15T07:00:00Z")]
    [InlineData("0 9 * * *", "America/Argentina/Buenos_Aires", "2026-07-15T00:00:00Z", "2026-07-15T12:00:00Z")]

    // The hour from 2 to 3 does not exist on this day: what is to come in it comes at its end.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z")]

    // It exists twice on this day: what comes once a day comes in the first.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    public void A_cron_expression_means_the_times_of_its_time_zone(string cron, string? zone, string after, string next)
    {
        var time = DateTimeOffset.Parse(after, System.Globalization.CultureInfo.InvariantCulture);
        var expected = DateTimeOffset.Parse(next, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected, ScheduleTimes.First(new ScheduleRequest("go", Cron: cron, TimeZone: zone), time));
        Assert.Equal(expected, ScheduleTimes.Next(new ScheduleSetRecord("s", "a", "go", time) { Timestamp = time, Cron = cron, TimeZone = zone ?? "UTC" }, time));
    }

    [Fact]
    public void A_prompt_that_comes_once_has_no_next_time() =>
        Assert.Null(ScheduleTimes.Next(new ScheduleSetRecord("s", "a", "go", ScheduleStage.Start) { Timestamp = ScheduleStage.Start }, ScheduleStage.Start));

    [Theory]
    [InlineData(null, null, null, "at")]
    [InlineData("2026-01-02T00:00:00Z", "0 * * * *", null, "at")]
    [InlineData("2026-01-02T00:00:00Z", null, "UTC", "time_zone")]
    [InlineData("2026-01-01T00:00:00Z", null, null, "at")]
    [InlineData("2025-12-31T23:59:59Z", null, null, "at")]
    [InlineData(null, "", null, "cron")]
    [InlineData(null, "* * * *", null, "cron")]
    [InlineData(null, "* * * * * *", null, "cron")]
    [InlineData(null, "@daily", null, "cron")]
    [InlineData(null, "@every_second", null, "cron")]
    [InlineData(null, "60 * * * *", null, "cron")]
    [InlineData(null, "0 9 * * FOO", null, "cron")]
    [InlineData(null, "0 0 30 2 *", null, "cron")]
    [InlineData(null, "0 9 * * *", "", "time_zone")]
    [InlineData(null, "0 9 * * *", "Europe/Nowhere", "time_zone")]
    [InlineData(null, "0 9 * * *", "/dev/zero", "time_zone")]
    [InlineData(null, "0 9 * * *", "../../../dev/zero", "time_zone")]
    [InlineData(null, "0 9 * * *", "Europe", "time_zone")]
    [InlineData(null, "0 9 * * *", "leapseconds", "time_zone")]
    [InlineData(null, "0 9 * * *", "Europe/Berlin\n", "time_zone")]
    public void A_request_that_breaks_a_rule_names_the_field(string? at, string? cron, string? zone, string field)
    {
        var request = new ScheduleRequest("go", At: at is null ? null : DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture), Cron: cron, TimeZone: zone);
        var error = Assert.Throws<InvalidInputException>(() =>
        {
            ScheduleRequestRules.ThrowIfInvalid(request);
            ScheduleTimes.First(request, ScheduleStage.Start);
        });
        Assert.Equal(field, error.Field);
    }

    [Fact]
    public void The_other_fields_have_the_rules_of_prompts()
    {
        var valid = new ScheduleRequest("go", Cron: "0 9 * * *");
        ScheduleRequestRules.ThrowIfInvalid(valid with { TimeZone = "Etc/GMT+5" });
        Assert.Equal("prompt", FieldOf(valid with { Prompt = " " }));
        Assert.Equal("prompt", FieldOf(valid with { Prompt = new string('x', AgentStreamOptions.MaxPromptLength + 1) }));
        Assert.Equal("agent", FieldOf(valid with { Agent = "" }));
        Assert.Equal("idempotency_key", FieldOf(valid with { IdempotencyKey = "a b" }));
        Assert.Equal("claims", FieldOf(valid with { Claims = [new("c", new string('x', RunRequestRules.MaxClaimsLength))] }));
        Assert.Equal("cron", FieldOf(valid with { Cron = "0 9 * * " + new string('1', ScheduleRequestRules.MaxCronLength) }));
        Assert.Equal("time_zone", FieldOf(valid with { TimeZone = new string('x', ScheduleRequestRules.MaxTimeZoneLength + 1) }));

        static string FieldOf(ScheduleRequest request) => Assert.Throws<InvalidInputException>(() => ScheduleRequestRules.ThrowIfInvalid(request)).Field;
    }
}
