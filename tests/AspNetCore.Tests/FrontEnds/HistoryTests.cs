using System.Text;
using System.Text.Json;
using AgentStream.AspNetCore.Protocols;
using AgentStream.AspNetCore.Protocols.AgUi;
using AgentStream.AspNetCore.Protocols.AiSdk;

namespace AgentStream.AspNetCore.Tests.FrontEnds;

/// <summary>Histories from anywhere as the front ends' messages. What clients make of them is tested with the clients: <c>tests/FrontEnds.Tests/history.test.mjs</c>.</summary>
public sealed class HistoryTests
{
    private const string Asked = """{"kind":"request","run_id":"r","parts":[{"part_kind":"user-prompt","content":"hi"}]}""";

    [Fact]
    public void Messages_of_a_run_have_its_begin_in_their_ids_and_those_from_elsewhere_their_number()
    {
        var messages = $"[{Ask("old")},{Say("1")},{Ask("new")},{Say("2")},{Say("3")}]";
        var history = Read(messages, new RunMessages("r", new Cursor(7, 1), 2, 3));
        Assert.Equal(["s:m0:user", "s:m0", "s:7-1:user", "s:7-1"], history.Select(message => message.Id));
    }

    [Fact]
    public void Prompts_without_an_answer_are_questions_of_their_own_and_one_that_joined_a_run_cuts_its_answer()
    {
        var lost = """{"kind":"request","parts":[{"part_kind":"user-prompt","content":"a"},{"part_kind":"user-prompt","content":"b"}]}""";
        var history = Read($"[{lost},{Say("1")},{Ask("steered")},{Say("2")}]", new RunMessages("r", new Cursor(7, 1), 0, 4));
        Assert.Equal([("s:7-1:user1", false), ("s:7-1:user", false), ("s:7-1", true)], history.Take(3).Select(message => (message.Id, message.IsAnswer)));
        Assert.Equal(5, history.Select(message => message.Id).Distinct().Count());
    }

    [Fact]
    public void A_tool_call_id_that_is_used_again_is_another_call_with_a_result_of_its_own()
    {
        var messages = $"[{Ask("x")},{Call("1", "a")},{Return("1", "A")},{Call("1", "b")},{Return("1", "B")},{Say("done")}]";
        var parts = JsonElement.Parse(WriteOf(Read(messages)[1])).GetProperty("parts").EnumerateArray().Where(part => part.GetProperty("type").GetString()!.StartsWith("tool-", StringComparison.Ordinal)).ToList();
        Assert.Equal(["A", "B"], parts.Select(part => part.GetProperty("output").GetString()));
        Assert.Equal(2, parts.Select(part => part.GetProperty("toolCallId").GetString()).Distinct().Count());

        var agUi = JsonElement.Parse(AgUiHistory.Read("s", Snapshot(messages)).Span).EnumerateArray().ToList();
        var calls = agUi.Where(message => message.TryGetProperty("toolCalls", out _)).Select(message => message.GetProperty("toolCalls")[0].GetProperty("id").GetString()).ToList();
        Assert.Equal(calls, agUi.Where(message => message.GetProperty("role").GetString() == "tool").Select(message => message.GetProperty("toolCallId").GetString()));
        Assert.Equal(2, calls.Distinct().Count());
    }

    [Fact]
    public void Images_and_files_are_files_and_what_is_neither_has_a_word()
    {
        var content = """["see",{"kind":"image-url","url":"https://e.org/a.png","media_type":"image/png"},{"kind":"binary","data":"AA==","media_type":"application/pdf"},{"kind":"cache-point"}]""";
        var message = Assert.Single(Read($$"""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":{{content}}}]}]"""));
        Assert.Equal(
            """
            {"id":"s:m0:user","role":"user","parts":[{"type":"text","text":"see"},{"type":"file","mediaType":"image/png","url":"https://e.org/a.png"},{"type":"file","mediaType":"application/pdf","url":"data:application/pdf;base64,AA=="},{"type":"text","text":"[cache-point]"}]}
            """.Trim(),
            WriteOf(message));
    }

    [Fact]
    public void Of_a_run_under_way_there_is_the_question_alone()
    {
        var messages = $$"""[{{Asked}},{"kind":"response","run_id":"r","parts":[{"part_kind":"text","content":"half"}]}]""";
        var live = new SessionSnapshot("t", true, null, Encoding.UTF8.GetBytes(messages), Run: new SessionRun("r", "hi", new Cursor(9, 0)));
        Assert.Equal(["s:9-0:user"], Read(live).Select(message => message.Id));

        // Before its first response it is in no message.
        Assert.Equal(["s:9-0:user"], Read(live with { Messages = "[]"u8.ToArray() }).Select(message => message.Id));
    }

    [Theory]
    [InlineData("""[{"kind":"request"},{"kind":"response","parts":7},{"kind":"response","parts":[{},{"part_kind":"tool-call"},{"part_kind":"text"}]}]""")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"tool-return","tool_call_id":"none","content":1},{"part_kind":"system-prompt","content":"secret"}]}]""")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","tool_call_id":"1","args":"{not json"}]}]""")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","tool_call_id":"1","args":"{\"a\":\"\\ud83d\"}"},{"part_kind":"tool-call","tool_name":"t","tool_call_id":"2","args":""}]}]""")]
    public void A_damaged_history_is_shown_as_far_as_it_goes_and_without_system_prompts(string messages)
    {
        var text = string.Join('\n', Read(messages).Select(WriteOf));
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Encoding.UTF8.GetString(AgUiHistory.Read("s", Snapshot(messages)).Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s:7-1", 7UL, true)]
    [InlineData("s:7-1:user", 7UL, false)]
    [InlineData("s:7-1:user1", 7UL, false)]
    public void An_id_of_a_run_says_where_it_begins(string id, ulong milliseconds, bool isAnswer) =>
        Assert.Equal((new Cursor(milliseconds, 1), isAnswer), MessageId.Read(id, "s"));

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("s:m0")]
    [InlineData("t:7-1")]
    [InlineData("s:7-1:x")]
    [InlineData("ss:7-1")]
    [InlineData("msg-AbC")]
    public void An_id_of_a_client_says_nothing(string id) => Assert.Null(MessageId.Read(id, "s"));

    private static string Ask(string text) => $$"""{"kind":"request","parts":[{"part_kind":"user-prompt","content":"{{text}}"}]}""";

    private static string Say(string text) => $$"""{"kind":"response","parts":[{"part_kind":"text","content":"{{text}}"}]}""";

    private static string Call(string id, string arg) => $$$"""{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","tool_call_id":"{{{id}}}","args":{"a":"{{{arg}}}"}}]}""";

    private static string Return(string id, string content) => $$"""{"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"t","tool_call_id":"{{id}}","content":"{{content}}"}]}""";

    private static SessionSnapshot Snapshot(string messages, params RunMessages[] runs) => new("t", false, null, Encoding.UTF8.GetBytes(messages)) { Runs = runs };

    private static IReadOnlyList<UiMessage> Read(string messages, params RunMessages[] runs) => Read(Snapshot(messages, runs));

    private static IReadOnlyList<UiMessage> Read(SessionSnapshot snapshot) => UiHistory.Read("s", snapshot, JsonElement.Parse(snapshot.Messages));

    private static string WriteOf(UiMessage message)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = global::System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            message.Write(json, major: 6);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
