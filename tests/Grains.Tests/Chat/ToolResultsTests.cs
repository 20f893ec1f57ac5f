using System.Text;
using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Tests.Messages;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Chat;

/// <summary>What becomes of what a tool returns.</summary>
public sealed class ToolResultsTests
{
    private static readonly byte[] Png = [1, 2, 3];

    public static TheoryData<object?, string> Results => new()
    {
        { null, "null" },
        { "text", "\"text\"" },
        { 42, "42" },
        { new { City = "Rome", Warm = true }, """{"city":"Rome","warm":true}""" },
        { new[] { "a", "b" }, """["a","b"]""" },
        { Png, "\"[data was here: of unknown kind, 3 bytes]\"" },
        { (ReadOnlyMemory<byte>)Png, "\"[data was here: of unknown kind, 3 bytes]\"" },
        { new DataContent(Png, "image/png"), "\"[data was here: image/png, 3 bytes]\"" },
        { new AIContent[] { new TextContent("a picture"), new DataContent(Png, "image/png") }, "\"a picture\\n[data was here: image/png, 3 bytes]\"" },
        { new UriContent("https://x.example/a.png", "image/png"), "\"[a link to image/png was here: https://x.example/a.png]\"" },
        { Histories.Parse("""{"kind":"binary","data":"YSxi","media_type":"text/csv"}"""), "\"a,b\"" },
        { Histories.Parse("""{"mimeType":"text/plain","data":"words"}"""), """{"mimeType":"text/plain","data":"words"}""" },
        { Histories.Parse("""{"type":"resource","resource":{"uri":"x","mimeType":"image/png","blob":"AQID"}}"""), """{"type":"resource","resource":"[data was here: image/png, 3 bytes]"}""" },
        { Histories.Parse("""{"media_type":"image/png","data":"no base64!"}"""), """{"media_type":"image/png","data":"no base64!"}""" },
        { "see data:image/png;base64,AQIDAQID, and data:,plain", "\"see [data was here: image/png, 6 bytes], and data:,plain\"" },
        { new string('x', 21), Cut(new string('x', 20), 1, 21) },
        { new string('é', 11), Cut(new string('é', 10), 2, 22) },
        { "xxxxxxxxxxxxxxxxx\U0001F600", Cut("xxxxxxxxxxxxxxxxx", 4, 21) },
        { "xxxxxxxxxxxxxxxxxx€", Cut("xxxxxxxxxxxxxxxxxx", 3, 21) },
        { new string('x', 20), $"\"{new string('x', 20)}\"" },
        { "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", "\"\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\"" },
        { Histories.Parse("""{"a":"xxxxxxxxxxxxxxxxxxxx"}"""), Cut("{\"a\":\"xxxxxxxxxxxxxx", 8, 28) },
        { new { a = "xxxxxxxxxxxxxxxxxxxx" }, Cut("{\"a\":\"xxxxxxxxxxxxxx", 8, 28) },
        { new { a = "xxxxxxxxxxxxx€" }, Cut("{\"a\":\"xxxxxxxxxxxxx", 5, 24) },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public void A_result_is_no_longer_than_the_limit_and_no_base64(object? result, string expected)
    {
        // Structures that are not about their length get all the room they want.
        var isCut = expected.Contains("cut here", StringComparison.Ordinal) || result is string { Length: 20 };
        var json = new ToolResults(isCut ? 20 : 10_000, _ => false).Of(result);
        Histories.AssertSame(expected, json.GetRawText());
    }

    [Fact]
    public void A_result_without_an_end_is_cut_too()
    {
        var text = new ToolResults(10, _ => false).Of(Forever()).GetString()!;
        Assert.StartsWith("[1,1,1,1,1\n[The result was too long and was cut here: ", text, StringComparison.Ordinal);
        Assert.EndsWith("bytes are missing, and more.]", text, StringComparison.Ordinal);

        static IEnumerable<int> Forever()
        {
            while (true)
            {
                yield return 1;
            }
        }
    }

    [Fact]
    public void A_model_that_takes_images_gets_them_while_there_is_room()
    {
        var results = new ToolResults(150, content => content is DataContent { MediaType: "image/png" });
        AIContent[] contents = [new TextContent("here"), new DataContent(Png, "image/png"), new DataContent(Png, "video/mp4")];
        Histories.AssertSame("""["here",{"data":"AQID","media_type":"image/png","kind":"binary"},"[data was here: video/mp4, 3 bytes]"]""", results.Of(contents).GetRawText());
        Histories.AssertSame("\"[data was here: image/png, 300 bytes]\"", results.Of(new DataContent(new byte[300], "image/png")).GetRawText());
    }

    [Fact]
    public async Task The_journal_the_stream_and_the_model_have_the_same_part_of_a_result()
    {
        var model = new ScriptedModel([Step.Call("c1", "read"), Step.Call("c2", "shoot")], [Step.Say("ok")]);
        await using var silos = await TestSilos.StartAsync(
            null, model, _ => { }, agent => agent.WithMaxToolResult(1000).WithTool(() => new string('x', 5000), "read").WithTool(() => new DataContent(Png, "image/png"), "shoot"));
        var key = TestSilos.NewSession();
        var transcript = await silos.RunAsync(key);

        var expected = new string('x', 1000) + "\n[The result was too long and was cut here: 4,000 of 5,000 bytes are missing.]";
        Assert.Contains($"\"content\":{JsonSerializer.Serialize(expected)}", transcript, StringComparison.Ordinal);
        var results = model.Requests.Last().Messages[^1].Contents.Cast<FunctionResultContent>().Select(result => result.Result);
        Assert.Equal([expected, "[data was here: image/png, 3 bytes]"], results);
        var kept = (await silos.Services.GetRequiredService<ISessionJournal>().ReadAsync(key, 0)).OfType<ToolResultRecord>().Select(record => ((ToolReturnPart)record.Result).Content.GetString());
        Assert.Contains(expected, kept);
    }

    [Fact]
    public async Task What_cannot_be_told_is_told_as_a_failure()
    {
        var model = new ScriptedModel(
            [Step.Call("c1", "deep"), Step.Call("c2", "half"), Step.Call("c3", "nan"), Step.Call("c4", "ring"), Step.Call("c5", "deep_enough"), Step.Call("c6", "plain_half"), Step.Call("c7", "nothing")],
            [Step.Say("ok")]);
        var half = Histories.Parse("""{"a":"\ud83d"}""");
        await using var silos = await TestSilos.StartAsync(
            null,
            model,
            _ => { },
            agent => agent
                .WithTool(() => Histories.Parse(Deep(997)), "deep")
                .WithTool(() => half, "half")
                .WithTool(() => double.NaN, "nan")
                .WithTool(() => new Ring(), "ring")
                .WithTool(() => Children(300), "deep_enough")
                .WithTool(() => "a\ud83d", "plain_half")
                .WithTool(() => { }, "nothing"));
        var key = TestSilos.NewSession();
        Assert.EndsWith("\"llm-end\"}\nend\n", await silos.RunAsync(key), StringComparison.Ordinal);

        var results = model.Requests.Last().Messages[^1].Contents.Cast<FunctionResultContent>().ToDictionary(result => result.CallId, result => result.Result?.ToString());
        Assert.Equal("The tool deep returned what cannot be told. It has values nested deeper than 996 levels.", results["c1"]);
        Assert.Equal("The tool half returned what cannot be told. It has text with half of a surrogate pair.", results["c2"]);
        Assert.StartsWith("The tool nan returned what cannot be told. ", results["c3"], StringComparison.Ordinal);
        Assert.StartsWith("The tool ring returned what cannot be told. ", results["c4"], StringComparison.Ordinal);
        Assert.StartsWith("{\"children\":[{\"children\":", results["c5"], StringComparison.Ordinal);
        Assert.Equal("a\ufffd", results["c6"]);
        Assert.Equal("", results["c7"]);
        Assert.NotNull((await silos.Client.GetSessionAsync(key))!.Messages);
    }

    [Fact]
    public void The_limit_is_at_least_a_byte() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AgentBuilder().WithMaxToolResult(0));

    internal static string Deep(int levels) => new StringBuilder().Append('[', levels).Append(']', levels).ToString();

    private static string Cut(string kept, int missing, int all) =>
        JsonSerializer.Serialize($"{kept}\n[The result was too long and was cut here: {missing} of {all} bytes are missing.]");

    private static Node Children(int levels) => levels == 0 ? new Node([]) : new Node([Children(levels - 1)]);

    private sealed record Node(IReadOnlyList<Node> Children);

    private sealed class Ring
    {
        public Ring Next => this;
    }
}
