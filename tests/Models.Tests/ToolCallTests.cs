using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>Tool calls, put together from their pieces.</summary>
public sealed class ToolCallTests
{
    [Fact]
    public async Task Parallel_calls_come_in_pieces_one_after_the_other()
    {
        var calls = await CallsAsync(
            """{"index":0,"id":"call_a","type":"function","function":{"name":"add","arguments":""}}""",
            """{"index":0,"function":{"arguments":"{\"x\":"}}""",
            """{"index":0,"function":{"arguments":"1}"}}""",
            """{"index":1,"id":"call_b","type":"function","function":{"name":"time","arguments":"{}"}}""");

        Assert.Equal(["""call_a add {"x":1}""", "call_b time {}"], calls);
    }

    [Fact]
    public async Task Pieces_of_several_calls_may_be_mixed()
    {
        var calls = await CallsAsync(
            """{"index":1,"id":"call_b","function":{"name":"say","arguments":"{\"text\":"}}""",
            """{"index":0,"id":"call_a","function":{"name":"add","arguments":"{\"x\""}},{"index":1,"function":{"arguments":"\"\\u00e9\\n\""}}""",
            """{"index":0,"function":{"arguments":":[1,{\"y\":null}]}"}}""",
            """{"index":1,"function":{"arguments":"}"}}""");

        Assert.Equal(["""call_b say {"text":"\u00e9\n"}""", """call_a add {"x":[1,{"y":null}]}"""], calls);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("\"{}\"")]
    [InlineData("\"null\"")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task Empty_arguments_are_none(string arguments)
    {
        var calls = await CallsAsync($$$"""{"index":0,"id":"call_a","function":{"name":"time","arguments":{{{arguments}}}}}""");
        Assert.Equal(["call_a time {}"], calls);
    }

    [Fact]
    public async Task A_call_may_be_without_arguments_at_all()
    {
        Assert.Equal(["call_a time {}"], await CallsAsync("""{"index":0,"id":"call_a","function":{"name":"time"}}"""));
    }

    [Fact]
    public async Task Arguments_may_come_as_the_object_itself()
    {
        Assert.Equal(["""call_a add {"x":1}"""], await CallsAsync("""{"index":0,"id":"call_a","function":{"name":"add","arguments":{"x": 1}}}"""));
    }

    [Fact]
    public async Task Id_and_name_may_be_repeated_with_each_piece()
    {
        var calls = await CallsAsync(
            """{"index":0,"id":"call_a","function":{"name":"add","arguments":"{\"x\":"}}""",
            """{"index":0,"id":"call_a","function":{"name":"add","arguments":"1}"}}""");
        Assert.Equal(["""call_a add {"x":1}"""], calls);
    }

    [Fact]
    public async Task A_name_may_come_in_pieces()
    {
        var calls = await CallsAsync(
            """{"index":0,"id":"call_a","function":{"name":"get_"}}""",
            """{"index":0,"function":{"name":"time","arguments":"{}"}}""");
        Assert.Equal(["call_a get_time {}"], calls);
    }

    [Fact]
    public async Task Whole_calls_may_all_have_the_same_index()
    {
        var calls = await CallsAsync(
            """{"index":0,"id":"call_a","function":{"name":"add","arguments":"{\"x\":1}"}}""",
            """{"index":0,"id":"call_b","function":{"name":"add","arguments":"{\"x\":2}"}}""");
        Assert.Equal(["""call_a add {"x":1}""", """call_b add {"x":2}"""], calls);
    }

    [Fact]
    public async Task Calls_may_be_without_index()
    {
        var calls = await CallsAsync(
            """{"id":"call_a","function":{"name":"add","arguments":"{\"x\":"}}""",
            """{"function":{"arguments":"1}"}}""",
            """{"id":"call_b","function":{"name":"time","arguments":""}}""");
        Assert.Equal(["""call_a add {"x":1}""", "call_b time {}"], calls);
    }

    [Theory]
    [InlineData("""{"function":{"name":"add","arguments":"{}"}},{"function":{"name":"add","arguments":"{}"}}""")]
    [InlineData("""{"index":0,"id":"","function":{"name":"add","arguments":"{}"}},{"index":1,"id":"","function":{"name":"add","arguments":"{}"}}""")]
    [InlineData("""{"index":0,"id":"0","function":{"name":"add","arguments":"{}"}},{"index":1,"id":"0","function":{"name":"add","arguments":"{}"}}""")]
    public async Task Calls_without_an_id_of_their_own_get_one(string pieces)
    {
        var contents = await ContentsAsync(pieces);
        Assert.Equal(2, contents.Select(call => call.CallId).Distinct().Count());
        Assert.All(contents, call => Assert.NotEmpty(call.CallId));
    }

    [Theory]
    [InlineData("{\"x\":", "{\\\"x\\\":")]
    [InlineData("{x: 1}", "{x: 1}")]
    [InlineData("{\"x\":1}}", "{\\\"x\\\":1}}")]
    [InlineData("[1]", "[1]")]
    [InlineData("\"text\"", "\\\"text\\\"")]
    public async Task Arguments_that_are_no_object_are_kept_as_they_came(string raw, string escaped)
    {
        var call = Assert.Single(await ContentsAsync($$$"""{"index":0,"id":"call_a","function":{"name":"add","arguments":"{{{escaped}}}"}}"""));

        Assert.Null(call.Arguments);
        Assert.IsAssignableFrom<JsonException>(call.Exception);
        Assert.Equal(raw, call.RawRepresentation);
        Assert.Equal(("call_a", "add"), (call.CallId, call.Name));
    }

    [Fact]
    public async Task Text_thoughts_and_calls_keep_their_order()
    {
        var contents = await Ask.ContentsAsync(Reply.Stream(
            Reply.Delta("""{"reasoning":"Hm"}"""),
            Reply.Text("Let me see"),
            Reply.Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"time","arguments":""}}]}"""),
            Reply.Finish("tool_calls"),
            Reply.Done));

        Assert.Equal(
            [typeof(TextReasoningContent), typeof(TextReasoningContent), typeof(TextContent), typeof(FunctionCallContent)],
            contents.Select(content => content.GetType()));
    }

    private static async Task<List<string>> CallsAsync(params string[] pieces) =>
        [.. (await ContentsAsync(pieces)).Select(call =>
        {
            Assert.Null(call.Exception);
            Assert.NotNull(call.Arguments);
            var arguments = call.Arguments.Select(argument => $"\"{argument.Key}\":{Assert.IsType<JsonElement>(argument.Value).GetRawText()}");
            return $"{call.CallId} {call.Name} {{{string.Join(",", arguments)}}}";
        })];

    private static async Task<List<FunctionCallContent>> ContentsAsync(params string[] pieces) =>
        [.. (await Ask.ContentsAsync(Reply.Stream(
            [.. pieces.Select(piece => Reply.Delta($$"""{"tool_calls":[{{piece}}]}""")), Reply.Finish("tool_calls"), Reply.Done]))).Cast<FunctionCallContent>()];
}
