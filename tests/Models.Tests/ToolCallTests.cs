using System.Text.Json;
using System.Text.RegularExpressions;
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

    /// <summary>All the ways in which endpoints cut calls up. Each chunk is an array; each call that comes out is <c>id name arguments</c>, a made-up id <c>*</c>.</summary>
    [Theory]

    // The id changes, the name is not repeated: vLLM.
    [InlineData("""[{0,"chatcmpl-1","add",""}] [{0,"chatcmpl-2",null,"{\"a\":40,\"b\":2}"}]""", """chatcmpl-1 add {"a":40,"b":2}""")]
    [InlineData("""[{0,"1","add",""}] [{0,"2",null,"{\"a\":"}] [{0,"3",null,"1}"}]""", """1 add {"a":1}""")]
    [InlineData("""[{-,"1","add",""}] [{-,"2",null,"{\"a\":"}] [{-,"3",null,"1}"}]""", """1 add {"a":1}""")]
    [InlineData("""[{0,"1","add",""}] [{0,"2","add","{\"a\":"}] [{0,"3","add","1}"}]""", """2 add {"a":1}""")]

    // Index always 0, no id: Gemini.
    [InlineData("""[{0,"","echo","{\"text\":\"one\"}"}] [{0,"","echo","{\"text\":\"two\"}"}]""", """* echo {"text":"one"}""", """* echo {"text":"two"}""")]
    [InlineData("""[{0,"","echo","{}"},{0,"","add","{\"a\":1}"}]""", "* echo {}", """* add {"a":1}""")]
    [InlineData("""[{0,null,"time","{}"}] [{0,null,"time","{}"}]""", "* time {}", "* time {}")]
    [InlineData("""[{0,"","time",""},{0,"","time",""}]""", "* time {}", "* time {}")]
    [InlineData("""[{0,"x","echo","{\"a\":1}"}] [{0,"x","echo","{\"a\":2}"}]""", """x echo {"a":1}""", """* echo {"a":2}""")]

    // The id in the first piece, empty after it; index 0 for all: LMDeploy.
    [InlineData("""[{0,"a","add",""}] [{0,"",null,"{\"x\":1}"}] [{0,"b","add",""}] [{0,"",null,"{\"x\":2}"}]""", """a add {"x":1}""", """b add {"x":2}""")]

    // Without an index, only the ids tell calls apart.
    [InlineData("""[{-,"a","add",""},{-,"b","sub",""}] [{-,"a",null,"{\"x\":1}"}] [{-,"b",null,"{\"x\":2}"}]""", """a add {"x":1}""", """b sub {"x":2}""")]
    [InlineData("""[{-,"a","add",""}] [{-,"b","add",""}] [{-,"a",null,"{\"x\":1}"}] [{-,"b",null,"{\"x\":2}"}]""", """a add {"x":1}""", """b add {"x":2}""")]
    [InlineData("""[{-,"a","add","{\"x\":"}] [{-,"b","add","{\"y\":"}] [{-,"a","add","1}"}] [{-,"b","add","2}"}]""", """a add {"x":1}""", """b add {"y":2}""")]

    // Id and name with each piece, and once more at the end.
    [InlineData("""[{0,"a","add","{\"x\":"}] [{0,"a","add","1}"}] [{0,"a","add",""}]""", """a add {"x":1}""")]
    [InlineData("""[{0,"a","add",null}] [{0,"a","add","{}"}]""", "a add {}")]

    // Another index with each piece.
    [InlineData("""[{0,"a","add",""}] [{1,"a",null,"{\"x\":"}] [{2,"a",null,"1}"}]""", """a add {"x":1}""")]

    // The name in pieces, or all of it so far.
    [InlineData("""[{0,"a","get_",""}] [{0,"a","time","{}"}]""", "a get_time {}")]
    [InlineData("""[{0,"a","get_",""}] [{0,"a","get_time","{}"}]""", "a get_time {}")]
    [InlineData("""[{0,"a",null,""}] [{0,"a","add","{\"x\":1}"}]""", """a add {"x":1}""")]

    // Two tools that were offered are two calls, whatever else is missing.
    [InlineData("""[{0,"","add",""}] [{0,"","sub","{\"x\":1}"}]""", "* add {}", """* sub {"x":1}""")]

    // Arguments on the index of another call go to the call that has none.
    [InlineData("""[{0,"a","echo","{\"t\":1}"}] [{1,"b","echo",""}] [{0,"","","{\"t\":2}"}]""", """a echo {"t":1}""", """b echo {"t":2}""")]

    // Two calls without arguments, and two ids.
    [InlineData("""[{0,"a","time",""}] [{0,"b","time",""}]""", "a time {}", "b time {}")]
    public async Task A_call_is_put_together_by_its_index_and_by_what_it_still_lacks(string chunks, params string[] expected)
    {
        Assert.Equal(expected, await CallsOfAsync(chunks));
    }

    /// <summary>What the pieces do not say for sure is told to the model: no tool runs with other arguments than the model wrote.</summary>
    [Theory]
    [InlineData("""[{0,"a","add","{\"x\":1}"}] [{0,"b",null,"{\"x\":2}"}]""", "a add !")]
    [InlineData("""[{0,"a","add","{\"x\":"}] [{0,"b","add","{\"x\":2}"}]""", "a add !")]
    [InlineData("""[{0,"a","add","{\"x\":1}"}] [{0,null,null,"}"}]""", "a add !")]
    [InlineData("""[{0,"a","add","{}"}] [{0,null,null,"{\"x\":1}"}]""", "a add !")]
    [InlineData("""[{0,"a","add","{\"x\":"}] [{0,"b","sub","{\"x\":2}"}]""", "a add !", """b sub {"x":2}""")]
    [InlineData("""[{0,null,null,"{\"x\":1}"}]""", """*  {"x":1}""")]
    [InlineData("""[{0,"a","add","{\"x\":1}"}] [{1,"b",null,"{\"x\":2}"}]""", """a add {"x":1}""", """b  {"x":2}""")]
    public async Task What_does_not_add_up_is_no_call(string chunks, params string[] expected)
    {
        Assert.Equal(expected, await CallsOfAsync(chunks));
    }

    [Fact]
    public async Task A_call_may_come_in_the_form_from_before_there_were_several()
    {
        var contents = await Ask.ContentsAsync(Reply.Stream(
            Reply.Delta("""{"function_call":{"name":"add","arguments":""}}"""), Reply.Delta("""{"function_call":{"arguments":"{\"x\":1}"}}"""), Reply.Finish("function_call")));
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(contents));
        Assert.Equal(("add", "1"), (call.Name, call.Arguments!["x"]!.ToString()));
    }

    [Fact]
    public async Task Arguments_may_be_as_deep_as_all_JSON_here()
    {
        var deep = new string('[', 990) + new string(']', 990);
        var call = Assert.Single(await ContentsAsync($$$"""{"index":0,"id":"a","function":{"name":"add","arguments":"{\"x\":{{{deep}}}}"}}"""));
        Assert.Null(call.Exception);
        deep = new string('[', 1001) + new string(']', 1001);
        Assert.IsAssignableFrom<JsonException>(Assert.Single(await ContentsAsync($$$"""{"index":0,"id":"a","function":{"name":"add","arguments":"{\"x\":{{{deep}}}}"}}""")).Exception);
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

    /// <summary>Plays chunks of pieces, each <c>{index,id,name,arguments}</c> with - for what is missing, to a client that offers some tools.</summary>
    private static async Task<List<string>> CallsOfAsync(string chunks)
    {
        var deltas = chunks.Split("] [").Select(chunk => chunk.TrimStart('[').TrimEnd(']'))
            .Select(chunk => Regex.Replace(chunk, @"\{(\d|-),(""[^""]*""|null),(""[^""]*""|null),(""(?:[^""\\]|\\.)*""|null)\}", piece =>
                "{" + (piece.Groups[1].Value == "-" ? "" : $"\"index\":{piece.Groups[1].Value},")
                + $"\"id\":{piece.Groups[2].Value},\"function\":{{\"name\":{piece.Groups[3].Value},\"arguments\":{piece.Groups[4].Value}}}}}"));
        await using var server = await ModelServer.StartAsync(Reply.Stream(
            [.. deltas.Select(pieces => Reply.Delta($$"""{"tool_calls":[{{pieces}}]}""")), Reply.Finish("tool_calls"), Reply.Done]));
        using var client = server.Client();
        var tools = new[] { "add", "sub", "time", "echo", "get_time" }.Select(AITool (name) => AIFunctionFactory.Create(() => 1, name));
        var calls = (await client.AskAsync(new ChatOptions { Tools = [.. tools] })).SelectMany(update => update.Contents).OfType<FunctionCallContent>().ToList();
        Assert.Equal(calls.Count, calls.Select(call => call.CallId).Distinct().Count());
        return [.. calls.Select(call =>
            $"{(call.CallId.StartsWith("call_", StringComparison.Ordinal) ? "*" : call.CallId)} {call.Name} {(call.Exception is null ? JsonSerializer.Serialize(call.Arguments) : "!")}")];
    }
}
