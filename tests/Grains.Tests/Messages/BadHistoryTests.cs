using System.Text;
using AgentStream.Messages;

namespace AgentStream.Grains.Tests.Messages;

/// <summary>What is no history is refused, and the error names the place and the rule.</summary>
public sealed class BadHistoryTests
{
    [Theory]
    [InlineData("""{}""", "messages", "must be an array")]
    [InlineData("""[1]""", "messages[0]", "must be an object")]
    [InlineData("""[{"parts":[]}]""", "messages[0].kind", "must be a string")]
    [InlineData("""[{"kind":"request","parts":[]},{"kind":7}]""", "messages[1].kind", "must be a string")]
    [InlineData("""[{"kind":"request"}]""", "messages[0].parts", "must be an array")]
    [InlineData("""[{"kind":"response","parts":null}]""", "messages[0].parts", "must be an array")]
    [InlineData("""[{"kind":"request","parts":["x"]}]""", "messages[0].parts[0]", "must be an object")]
    [InlineData("""[{"kind":"request","parts":[{"content":"x"}]}]""", "messages[0].parts[0].part_kind", "must be a string")]
    [InlineData("""[{"kind":"response","parts":[{"content":"x","part_kind":"text"},{"part_kind":null}]}]""", "messages[0].parts[1].part_kind", "must be a string")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"text"}]}]""", "messages[0].parts[0].content", "must be a string")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"thinking","content":"","signature":1}]}]""", "messages[0].parts[0].signature", "must be a string")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","args":{}}]}]""", "messages[0].parts[0].tool_name", "must be a string")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":[]}]}]""", "messages[0].parts[0].args", "must be an object, a string with the JSON text of one, or null")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"t"}]}]""", "messages[0].parts[0].content", "must be given")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"retry-prompt","content":{}}]}]""", "messages[0].parts[0].content", "must be a string or an array of error details")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"system-prompt","content":["x"]}]}]""", "messages[0].parts[0].content", "must be a string")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":{}}]}]""", "messages[0].parts[0].content", "must be a string or an array")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":["a",1]}]}]""", "messages[0].parts[0].content[1]", "must be a string or an object")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":[{"url":"x"}]}]}]""", "messages[0].parts[0].content[0].kind", "must be a string")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":[{"kind":"image-url"}]}]}]""", "messages[0].parts[0].content[0].url", "must be a string")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":[{"kind":"binary","data":"a*b","media_type":"a/b"}]}]}]""", "messages[0].parts[0].content[0].data", "must be base64")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":[{"kind":"binary","data":""}]}]}]""", "messages[0].parts[0].content[0].media_type", "must be a string")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"file","content":"x"}]}]""", "messages[0].parts[0].content", "must be an object")]
    [InlineData("""[{"kind":"request","parts":[],"timestamp":"yesterday"}]""", "messages[0].timestamp", "must be a time as of ISO 8601, or seconds since 1970")]
    [InlineData("""[{"kind":"request","parts":[],"timestamp":"3 PM"}]""", "messages[0].timestamp", "must be a time as of ISO 8601, or seconds since 1970")]
    [InlineData("""[{"kind":"request","parts":[],"timestamp":1e300}]""", "messages[0].timestamp", "must be a time as of ISO 8601, or seconds since 1970")]
    [InlineData("""[{"kind":"request","parts":[],"timestamp":true}]""", "messages[0].timestamp", "must be a time as of ISO 8601, or seconds since 1970")]
    [InlineData("""[{"kind":"response","parts":[],"usage":[]}]""", "messages[0].usage", "must be an object")]
    [InlineData("""[{"kind":"response","parts":[],"usage":{"request_tokens":1.5}}]""", "messages[0].usage.request_tokens", "must be a whole number")]
    [InlineData("""[{"kind":"response","parts":[],"usage":{"input_tokens":"many"}}]""", "messages[0].usage.input_tokens", "must be a whole number")]
    [InlineData("""[{"kind":"response","parts":[],"usage":{"details":3}}]""", "messages[0].usage.details", "must be an object")]
    [InlineData("""[{"kind":"response","parts":[],"vendor_id":3}]""", "messages[0].vendor_id", "must be a string")]
    [InlineData("""[{"kind":"response","parts":[],"run_id":{}}]""", "messages[0].run_id", "must be a string")]
    public void The_error_names_the_place_and_the_rule(string json, string field, string rule)
    {
        var refused = Assert.Throws<InvalidInputException>(() => Histories.Read(json));
        Assert.Equal((field, rule), (refused.Field, refused.Rule));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("[] []")]
    [InlineData("[{'kind':'request'}]")]
    public void What_is_no_json_is_refused(string text)
    {
        var refused = Assert.Throws<InvalidInputException>(() => Histories.Read(text));
        Assert.Equal("messages", refused.Field);
        Assert.StartsWith("must be JSON, at most 1000 levels deep: ", refused.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_text_is_refused()
    {
        Assert.Equal("must be UTF-8", Assert.Throws<InvalidInputException>(() => ModelMessages.FromJson(new byte[] { (byte)'[', (byte)'"', 0xff, (byte)'"', (byte)']' })).Rule);
        var half = Assert.Throws<InvalidInputException>(() => Histories.Read("""[{"kind":"note","x":["ok \ud83d\ude00", "half \ud83d"]}]"""));
        Assert.Equal("must be text, but the string at byte 40 has half of a surrogate pair", half.Rule);
        Assert.Throws<InvalidInputException>(() => Histories.Read("""[{"kind":"note","\ude00":1}]"""));
    }

    [Theory]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":"a\ud83d"}]}]""", "messages[0].parts[0].content", "half of a surrogate pair")]
    [InlineData("""[{"kind":"request","parts":[]},{"kind":"response","parts":[{"part_kind":"text","content":"ok"},{"part_kind":"tool-call","tool_name":"t","args":{"a":["\ud83d"]}}]}]""", "messages[1].parts[1].args.a[0]", "half of a surrogate pair")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":{"a":1,"\ud83d":2}}]}]""", "messages[0].parts[0].args.?", "half of a surrogate pair")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":"{\"a\":\"\\ud83d\"}"}]}]""", "messages[0].parts[0].args", "must not have text with half of a surrogate pair")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":"{\"\\ude00\":1}"}]}]""", "messages[0].parts[0].args", "must not have text with half of a surrogate pair")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":"{\"a\":NaN}"}]}]""", "messages[0].parts[0].args", "must not have NaN or Infinity")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":"{\"a\":[1,-Infinity],\"b\":\"NaN\"}"}]}]""", "messages[0].parts[0].args", "must not have NaN or Infinity")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":{"a":NaN}}]}]""", "messages[0].parts[0].args.a", "must be JSON, which has neither NaN nor Infinity")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"t","content":[1,Infinity]}]}]""", "messages[0].parts[0].content[1]", "must be JSON, which has neither NaN nor Infinity")]
    [InlineData("""[{"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"t","content":{"x":[0,{"y":DEEP}]}}]}]""", "messages[0].parts[0].content.x[1].y[0]...", "must be JSON, at most 1000 levels deep")]
    [InlineData("""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":"{\"a\":DEEP}"}]}]""", "messages[0].parts[0].args", "must not have values nested deeper than 996 levels")]
    public void What_could_not_be_sent_later_is_refused_with_its_place(string json, string field, string rule)
    {
        json = json.Replace("DEEP", new string('[', 1000) + new string(']', 1000), StringComparison.Ordinal);
        var refused = Assert.Throws<InvalidInputException>(() => Histories.Read(json));
        Assert.Equal(field, refused.Field);
        Assert.Contains(rule, refused.Rule, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("not even JSON: NaN")]
    [InlineData("{\"a\":NaNny}")]
    [InlineData("{\"a\":\"NaN\"}")]
    [InlineData("{\"a\":\"\\\"NaN\"}")]
    [InlineData("{\"a\":\"\\ud83d\\ude00\"}")]
    public void Arguments_as_a_model_may_have_written_them_are_taken(string args)
    {
        Histories.Read($$"""[{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","args":{{System.Text.Json.JsonSerializer.Serialize(args)}}}]}]""");
    }

    [Fact]
    public void What_can_be_written_can_be_read_and_no_more()
    {
        // Message, parts, part: content stands three levels deep.
        Histories.AssertSame(Deep(996), Histories.Write(Histories.Read(Deep(996))));
        var refused = Assert.Throws<InvalidInputException>(() => Histories.Read(Deep(1000)));
        Assert.Contains("1000 levels", refused.Rule, StringComparison.Ordinal);

        var made = new ModelRequest([new ToolReturnPart("t", "c", Histories.Parse(new string('[', 1001) + new string(']', 1001)), ToolOutcome.Success) { Timestamp = null }])
        {
            Timestamp = null,
        };
        Assert.Throws<InvalidOperationException>(() => Histories.Write([made]));

        static string Deep(int levels) =>
            $$"""[{"kind":"request","parts":[{"part_kind":"tool-return","tool_name":"t","content":{{new string('[', levels)}}{{new string(']', levels)}}}]}]""";
    }

    [Fact]
    public void Null_is_no_history()
    {
        Assert.Throws<ArgumentNullException>(() => ModelMessages.ToJson(null!));
        Assert.Throws<InvalidInputException>(() => ModelMessages.FromJson(Encoding.UTF8.GetBytes("null")));
    }
}
