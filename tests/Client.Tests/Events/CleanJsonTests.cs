using System.Text;
using System.Text.Json;
using AgentStream.Events;

namespace AgentStream.Client.Tests.Events;

public sealed class CleanJsonTests
{
    [Theory]
    [InlineData("""{"a":1}""")]
    [InlineData("""{"a":"\ud83d"}""")]
    [InlineData(" [1, 2]\n")]
    [InlineData("\"NaN\"")]
    [InlineData("")]
    public void What_is_JSON_stays_byte_for_byte(string body)
    {
        ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(body);
        Assert.Equal(bytes, CleanJson.Of(bytes));
    }

    [Theory]
    [InlineData("""{"m":NaN,"n":[Infinity,-Infinity,1],"s":"NaN \" NaN"}""", """{"m":null,"n":[null,null,1],"s":"NaN \" NaN"}""")]
    [InlineData("hello world", "\"hello world\"")]
    [InlineData("say \"hi\"\n", "\"say \\\"hi\\\"\\n\"")]
    [InlineData("{\"a\":1} {\"b\":2}", "\"{\\\"a\\\":1} {\\\"b\\\":2}\"")]
    [InlineData("{\"a\":1", "\"{\\\"a\\\":1\"")]
    [InlineData("NaN", "null")]
    [InlineData("   ", "\"   \"")]
    public void What_is_none_becomes_JSON(string body, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(CleanJson.Of(Encoding.UTF8.GetBytes(body)).Span));

    [Fact]
    public void Bytes_that_are_no_UTF8_become_replacement_characters()
    {
        byte[] body = [.. "{\"a\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}"u8];
        Assert.Equal("{\"a\":\"\ufffd(\ufffd\"}", Encoding.UTF8.GetString(CleanJson.Of(body).Span));
    }

    [Fact]
    public void What_is_too_deep_becomes_a_string_with_its_text()
    {
        var body = new string('[', Protocol.MaxJsonDepth + 1) + new string(']', Protocol.MaxJsonDepth + 1);
        Assert.Equal(body, JsonDocument.Parse(CleanJson.Of(Encoding.UTF8.GetBytes(body))).RootElement.GetString());
        Assert.Equal(body[1..^1], Encoding.UTF8.GetString(CleanJson.Of(Encoding.UTF8.GetBytes(body[1..^1])).Span));
    }

    [Theory]
    [InlineData("""{"a":"x\ud83d"}""", """{"a":"x\ufffd"}""")]
    [InlineData("""{"\uDE00k":"\ude00\ud83d\ud83d\ude00"}""", """{"\ufffdk":"\ufffd\ufffd\ud83d\ude00"}""")]
    [InlineData("""{"a":"\\ud83d \n \u00e4"}""", """{"a":"\\ud83d \n \u00e4"}""")]
    [InlineData("""{"a":"\ud83d\u0041"}""", """{"a":"\ufffd\u0041"}""")]
    public void Halves_of_surrogate_pairs_that_stand_alone_are_replaced(string json, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(CleanJson.WithoutLoneSurrogates(Encoding.UTF8.GetBytes(json)).Span));
}
