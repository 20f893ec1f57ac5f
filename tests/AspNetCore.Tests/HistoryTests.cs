using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentStream.TestTools;

namespace AgentStream.AspNetCore.Tests;

/// <summary>A session's history over HTTP: what it has come to, its messages out and in, and away with it.</summary>
public sealed class HistoryTests
{
    private const string Imported = """
        [
          {"parts":[{"content":"what is 12*7?","timestamp":"2025-01-02T03:04:05.678901Z","part_kind":"user-prompt"}],"instructions":null,"kind":"request","x_new":1},
          {"parts":[{"content":"84","part_kind":"text"}],"usage":{"input_tokens":3,"output_tokens":1},"model_name":"m","timestamp":"2025-01-02T03:04:06Z","kind":"response"}
        ]
        """;

    [Fact]
    public async Task A_session_shows_its_title_its_status_and_its_nodes()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using (var stream = new SseReader(await AskAsync(http, "greet me")))
        {
            await model.Waits.Task.Within();
            var live = await SessionAsync(http);
            Assert.Equal(("greet me", "live", 0), (Text(live, "title"), Text(live, "status"), live.GetProperty("nodes").GetArrayLength()));
            var run = live.GetProperty("run");
            Assert.Equal(("greet me", true), (Text(run, "prompt"), Cursor.TryParse(Text(run, "begin"), out _)));
            model.Continue.SetResult();
            await stream.ItemsAsync();
        }

        var session = await SessionAsync(http);
        Assert.Equal(Text(session.GetProperty("run"), "run_id"), Text(session.GetProperty("nodes")[0], "run_id"));
        Assert.Equal(("s1", "greet me", "idle"), (Text(session, "session_id"), Text(session, "title"), Text(session, "status")));
        Assert.Equal(JsonValueKind.Null, session.GetProperty("error").ValueKind);
        var parts = session.GetProperty("nodes")[0].GetProperty("parts");
        Assert.Equal(["user-prompt", "text"], parts.EnumerateArray().Select(part => part.GetProperty("part_kind").GetString()));
        Assert.Equal("Hello world", parts[1].GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("70", "content")]
    [InlineData("900", "content")]
    [InlineData("900", "args")]
    [InlineData("\"\\ud83d\"", "content")]
    [InlineData("{\"\\ud83d\":1}", "args")]
    public async Task A_history_that_is_taken_can_be_shown(string value, string field)
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        var json = int.TryParse(value, out var depth) ? $"{{\"a\":{new string('[', depth)}{new string(']', depth)}}}" : value;
        var (args, content) = field == "args" ? (json, "\"r\"") : ("{}", json);
        var messages = $$"""
            [
              {"parts":[{"content":"hi","part_kind":"user-prompt"}],"kind":"request"},
              {"parts":[{"tool_name":"t","args":{{args}},"tool_call_id":"c","part_kind":"tool-call"}],"kind":"response"},
              {"parts":[{"tool_name":"t","content":{{content}},"tool_call_id":"c","part_kind":"tool-return"}],"kind":"request"},
              {"parts":[{"content":"done","part_kind":"text"}],"kind":"response"}
            ]
            """;
        using var body = new StringContent(messages, Encoding.UTF8, "application/json");
        using var put = await http.PutAsync("/chat/s1/messages", body);
        using var shown = await http.GetAsync("/chat/s1");
        if (put.StatusCode == HttpStatusCode.BadRequest)
        {
            // Refused with its place, and then there is nothing to show.
            Assert.Contains("parts", await put.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NotFound, shown.StatusCode);
            return;
        }

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.OK), (put.StatusCode, shown.StatusCode));
        using var session = JsonDocument.Parse(await shown.Content.ReadAsStreamAsync(), new JsonDocumentOptions { MaxDepth = Protocol.MaxJsonDepth + 4 });
        Assert.Equal(2, session.RootElement.GetProperty("nodes").GetArrayLength());
    }

    [Fact]
    public async Task A_canceled_run_is_told_as_the_sessions_error()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using var stream = new SseReader(await AskAsync(http, "greet me"));
        await model.Waits.Task.Within();
        using var canceled = await http.PostAsync("/chat/s1/cancel", null);
        await stream.ItemsAsync();
        Assert.Equal("canceled", Text(await SessionAsync(http), "error"));
    }

    [Fact]
    public async Task Messages_that_were_brought_in_come_out_as_they_were_and_go_to_the_model()
    {
        using var model = new TwoWords();
        model.Continue.SetResult();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        Assert.Equal(HttpStatusCode.NoContent, (await PutAsync(http, Imported)).StatusCode);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Imported), JsonNode.Parse(await http.GetStringAsync("/chat/s1/messages"))));
        Assert.Equal(("what is 12*7?", JsonValueKind.Null), (Text(await SessionAsync(http), "title"), (await SessionAsync(http)).GetProperty("run").ValueKind));

        using (var stream = new SseReader(await AskAsync(http, "sure?")))
        {
            await stream.ItemsAsync();
        }

        Assert.Equal(["what is 12*7?", "84", "sure?"], model.Seen.Select(message => message.Text));
        using var messages = JsonDocument.Parse(await http.GetStringAsync("/chat/s1/messages"));
        Assert.Equal(["request", "response", "request", "response"], messages.RootElement.EnumerateArray().Select(m => m.GetProperty("kind").GetString()));
    }

    [Theory]
    [InlineData("""{"kind":"request"}""", "messages")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":5}]}]""", "messages[0].parts[0].content")]
    [InlineData("not json", "messages")]
    public async Task Messages_that_are_none_are_refused_and_nothing_changes(string body, string field)
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        await PutAsync(http, Imported);
        using var refused = await PutAsync(http, body);
        var problem = await Problem.OfAsync(refused, HttpStatusCode.BadRequest);
        Assert.StartsWith(field, Assert.Single(problem.Errors).Key, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Imported), JsonNode.Parse(await http.GetStringAsync("/chat/s1/messages"))));
    }

    [Fact]
    public async Task A_deleted_session_is_unknown_and_a_live_one_is_neither_deleted_nor_replaced()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        using (var stream = new SseReader(await AskAsync(http, "greet me")))
        {
            await model.Waits.Task.Within();
            using var live = await http.DeleteAsync("/chat/s1");
            await Problem.OfAsync(live, HttpStatusCode.Conflict);
            using var replaced = await PutAsync(http, Imported);
            await Problem.OfAsync(replaced, HttpStatusCode.Conflict);
            model.Continue.SetResult();
            await stream.ItemsAsync();
        }

        using var deleted = await http.DeleteAsync("/chat/s1");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await http.GetAsync("/chat/s1");
        await Problem.OfAsync(gone, HttpStatusCode.NotFound);
        using var messages = await http.GetAsync("/chat/s1/messages");
        await Problem.OfAsync(messages, HttpStatusCode.NotFound);
        using var bad = await http.GetAsync("/chat/a:b");
        Assert.Equal("session_id", Assert.Single((await Problem.OfAsync(bad, HttpStatusCode.BadRequest)).Errors).Key);
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient http, string prompt)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat")
        {
            Content = new StringContent(new JsonObject { ["prompt"] = prompt, ["session_id"] = "s1" }.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
    }

    [Fact]
    public async Task A_history_of_very_many_values_is_refused_and_the_one_that_is_there_stays()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        await PutAsync(http, Imported);
        using var refused = await PutAsync(http, $"[{string.Concat(Enumerable.Repeat("{},", 300_000))}{{}}]");
        Assert.Equal(["must not have more than 500000 values and names"], (await Problem.OfAsync(refused, HttpStatusCode.BadRequest)).Errors["body"]);
        Assert.NotEqual("[]", await http.GetStringAsync(new Uri("/chat/s1/messages", UriKind.Relative)));
    }

    private static Task<HttpResponseMessage> PutAsync(HttpClient http, string json) =>
        http.PutAsync("/chat/s1/messages", new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json")));

    private static async Task<JsonElement> SessionAsync(HttpClient http)
    {
        using var session = JsonDocument.Parse(await http.GetStringAsync("/chat/s1"));
        return session.RootElement.Clone();
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
