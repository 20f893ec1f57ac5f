using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary>Prompts that are to come, over HTTP: by hand, and by the client for programs outside.</summary>
public sealed class SchedulesTests
{
    private const string Path = "/chat/s1/schedules";

    private static readonly SessionKey Key = new(1, 1, "s1");

    [Fact]
    public async Task A_schedule_is_set_listed_and_canceled()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        Assert.Equal("[]", await http.GetStringAsync(Path));

        var cron = await PostAsync(http, """{"prompt":"report","cron":"0 9 * * MON-FRI","time_zone":"Europe/Berlin"}""");
        var once = await PostAsync(http, """{"prompt":"remind","agent":"greeter","at":"2999-03-01T09:00:00.5+02:00"}""");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (cron.Status, once.Status));
        Assert.Equal(["schedule_id", "prompt", "agent", "cron", "time_zone", "created", "next"], cron.Body.EnumerateObject().Select(field => field.Name));
        Assert.Equal(["schedule_id", "prompt", "agent", "at", "created", "next"], once.Body.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("greeter", "0 9 * * MON-FRI", "Europe/Berlin"), (Text(cron.Body, "agent"), Text(cron.Body, "cron"), Text(cron.Body, "time_zone")));
        Assert.Equal(("2999-03-01T07:00:00.5Z", "2999-03-01T07:00:00.5Z"), (Text(once.Body, "at"), Text(once.Body, "next")));
        Assert.EndsWith("Z", Text(cron.Body, "next"), StringComparison.Ordinal);
        Assert.Equal($"[{cron.Body.GetRawText()},{once.Body.GetRawText()}]", await http.GetStringAsync(Path));
        Assert.Equal("[]", await http.GetStringAsync("/chat/s2/schedules"));

        Assert.Equal(HttpStatusCode.NotFound, (await http.DeleteAsync($"/chat/s2/schedules/{Text(cron.Body, "schedule_id")}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync($"{Path}/{Text(cron.Body, "schedule_id")}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.DeleteAsync($"{Path}/{Text(cron.Body, "schedule_id")}")).StatusCode);
        Assert.Equal($"[{once.Body.GetRawText()}]", await http.GetStringAsync(Path));
        Assert.Equal(0, model.Asked);
    }

    [Fact]
    public async Task The_same_request_again_is_the_same_schedule_and_another_with_its_key_is_422()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        const string Body = """{"prompt":"report","cron":"0 9 * * *"}""";
        var first = await PostAsync(http, Body, "key-1");
        var again = await PostAsync(http, Body, "\"key-1\"");
        Assert.Equal(first.Body.GetRawText(), again.Body.GetRawText());
        var other = await PostAsync(http, """{"prompt":"other","cron":"0 9 * * *"}""", "key-1");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Idempotency-Key"), (other.Status, FieldOf(other.Body)));
        var invalid = await PostAsync(http, Body, new string('k', 129));
        Assert.Equal((HttpStatusCode.BadRequest, "Idempotency-Key"), (invalid.Status, FieldOf(invalid.Body)));
        Assert.Equal($"[{first.Body.GetRawText()}]", await http.GetStringAsync(Path));
    }

    [Theory]
    [InlineData("""{"cron":"0 9 * * *"}""", "prompt")]
    [InlineData("""{"prompt":" ","cron":"0 9 * * *"}""", "prompt")]
    [InlineData("""{"prompt":7,"cron":"0 9 * * *"}""", "prompt")]
    [InlineData("""{"prompt":"x","agent":"","cron":"0 9 * * *"}""", "agent")]
    [InlineData("""{"prompt":"x","agent":{},"cron":"0 9 * * *"}""", "agent")]
    [InlineData("""{"prompt":"x"}""", "at")]
    [InlineData("""{"prompt":"x","at":null,"cron":null}""", "at")]
    [InlineData("""{"prompt":"x","at":"2999-01-01T00:00:00Z","cron":"0 9 * * *"}""", "at")]
    [InlineData("""{"prompt":"x","at":"2000-01-01T00:00:00Z"}""", "at")]
    [InlineData("""{"prompt":"x","at":"2999-01-01T00:00:00"}""", "at")]
    [InlineData("""{"prompt":"x","at":"2999-01-01"}""", "at")]
    [InlineData("""{"prompt":"x","at":"2999-02-30T00:00:00Z"}""", "at")]
    [InlineData("""{"prompt":"x","at":"tomorrow"}""", "at")]
    [InlineData("""{"prompt":"x","at":1767225600}""", "at")]
    [InlineData("""{"prompt":"x","at":"2999-01-01T00:00:00Z","time_zone":"UTC"}""", "time_zone")]
    [InlineData("""{"prompt":"x","cron":5}""", "cron")]
    [InlineData("""{"prompt":"x","cron":""}""", "cron")]
    [InlineData("""{"prompt":"x","cron":"* * * * * *"}""", "cron")]
    [InlineData("""{"prompt":"x","cron":"@hourly"}""", "cron")]
    [InlineData("""{"prompt":"x","cron":"0 24 * * *"}""", "cron")]
    [InlineData("""{"prompt":"x","cron":"0 0 31 2 *"}""", "cron")]
    [InlineData("""{"prompt":"x","cron":"0 9 * * *","time_zone":"Mars/Base"}""", "time_zone")]
    [InlineData("""{"prompt":"x","cron":"0 9 * * *","time_zone":"../../dev/zero"}""", "time_zone")]
    [InlineData("""{"prompt":"x","cron":"0 9 * * *","time_zone":1}""", "time_zone")]
    [InlineData("""{"prompt":"x","cron":"0 9 * * *","every":1}""", "every")]
    public async Task A_field_that_breaks_a_rule_is_named_and_nothing_is_set(string body, string field)
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        var answer = await PostAsync(http, body);
        Assert.Equal((HttpStatusCode.BadRequest, field), (answer.Status, FieldOf(answer.Body)));
        Assert.Equal("[]", await http.GetStringAsync(Path));
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/chat/s1")).StatusCode);
    }

    [Fact]
    public async Task All_wrong_fields_are_named_at_once_and_an_unknown_agent_is_404()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        var all = await PostAsync(http, """{"prompt":"","agent":"","cron":"x","time_zone":"?","more":1}""");
        Assert.Equal(["agent", "cron", "more", "prompt", "time_zone"], all.Body.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal));
        var unknown = await PostAsync(http, """{"prompt":"x","agent":"nobody","cron":"0 9 * * *"}""");
        Assert.Equal((HttpStatusCode.NotFound, "agent"), (unknown.Status, FieldOf(unknown.Body)));
        using var post = new HttpRequestMessage(HttpMethod.Post, "/chat/a%20b/schedules") { Content = new StringContent("""{"prompt":"x","cron":"0 9 * * *"}""", Encoding.UTF8, "application/json") };
        using var session = await http.SendAsync(post);
        Assert.Equal(HttpStatusCode.BadRequest, session.StatusCode);
    }

    [Fact]
    public async Task The_client_outside_sees_and_does_what_the_one_within_does()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        var inside = app.Services.GetRequiredService<IAgentStreamClient>();
        using var outside = new AgentStreamHttpClient(new Uri(app.Urls.First() + "/chat"));
        Assert.Empty(await outside.ListSchedulesAsync(Key));
        var request = new ScheduleRequest("report", Cron: "0 9 * * *", TimeZone: "Europe/Berlin", IdempotencyKey: "key-1");
        var cron = await outside.SetScheduleAsync(Key, request);
        var once = await outside.SetScheduleAsync(Key, new ScheduleRequest("remind", "greeter", At: new DateTimeOffset(2999, 1, 1, 0, 0, 0, TimeSpan.FromHours(1))));
        Assert.Equal(cron, await inside.SetScheduleAsync(Key, request));
        Assert.Equal([cron, once], await inside.ListSchedulesAsync(Key));
        Assert.Equal([cron, once], await outside.ListSchedulesAsync(Key));

        Assert.Equal("key-1", (await Assert.ThrowsAsync<IdempotencyConflictException>(() => outside.SetScheduleAsync(Key, request with { Prompt = "other" }))).Key);
        Assert.Equal("nobody", (await Assert.ThrowsAsync<UnknownAgentException>(() => outside.SetScheduleAsync(Key, request with { Agent = "nobody", IdempotencyKey = null }))).Agent);
        Assert.Equal("cron", (await Assert.ThrowsAsync<InvalidInputException>(() => outside.SetScheduleAsync(Key, request with { Cron = "0 24 * * *", IdempotencyKey = null }))).Field);
        Assert.Equal("time_zone", (await Assert.ThrowsAsync<InvalidInputException>(() => outside.SetScheduleAsync(Key, request with { TimeZone = "Mars/Base", IdempotencyKey = null }))).Field);
        Assert.Equal("at", (await Assert.ThrowsAsync<InvalidInputException>(() => outside.SetScheduleAsync(Key, request with { Cron = null }))).Field);

        Assert.True(await outside.CancelScheduleAsync(Key, once.Id));
        Assert.False(await outside.CancelScheduleAsync(Key, once.Id));
        Assert.Equal([cron], await inside.ListSchedulesAsync(Key));
        await outside.DeleteSessionAsync(Key);
        Assert.Empty(await outside.ListSchedulesAsync(Key));
        for (var i = 0; i < ScheduleRequestRules.MaxSchedules; i++)
        {
            await inside.SetScheduleAsync(Key, request with { IdempotencyKey = null });
        }

        var limit = await Assert.ThrowsAsync<LimitExceededException>(() => outside.SetScheduleAsync(Key, request with { IdempotencyKey = null }));
        Assert.Equal((LimitNames.Schedules, LimitTarget.Session, 100, null), (limit.Limit, limit.Target, limit.Allowed, limit.RetryAfter));
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static string FieldOf(JsonElement problem) => problem.GetProperty("errors").EnumerateObject().Single().Name;

    private static async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(HttpClient http, string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        using var response = await http.SendAsync(request);
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }
}
