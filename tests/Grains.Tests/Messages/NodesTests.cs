using System.Text;
using AgentStream.Messages;

namespace AgentStream.Grains.Tests.Messages;

/// <summary>Nodes: what a page shows of a history.</summary>
public sealed class NodesTests
{
    private const string Request = """{"kind":"request","parts":[{"part_kind":"system-prompt","content":"s"},{"part_kind":"user-prompt","content":"Hi"}],"instructions":"i"}""";
    private const string Response = """{"kind":"response","parts":[{"part_kind":"thinking","content":"t","signature":"secret"},{"part_kind":"text","content":"Hello"}],"model_name":"m","x":1}""";

    [Fact]
    public void A_request_and_its_response_are_one_node()
    {
        Assert.Equal("[]", Nodes("[]"));
        Histories.AssertSame(
            """
            [{"kind":null,"model_name":"m","x":1,"parts":[
                {"part_kind":"user-prompt","content":"Hi","signature":null},
                {"part_kind":"thinking","content":"t","signature":null},
                {"part_kind":"text","content":"Hello","signature":null}]}]
            """,
            Nodes($"[{Request},{Response}]"));
    }

    [Fact]
    public void Each_pair_is_a_node_in_order()
    {
        var nodes = Histories.Parse(Nodes($"[{Request},{Response},{Request},{Response.Replace("Hello", "Bye", StringComparison.Ordinal)}]"));
        Assert.Equal(["Hello", "Bye"], nodes.EnumerateArray().Select(node => node.GetProperty("parts")[2].GetProperty("content").GetString()));
    }

    [Theory]
    [InlineData(Request)]
    [InlineData($"{Request},{Response},{Request}")]
    [InlineData("1")]
    public void An_odd_number_of_messages_has_no_nodes(string messages) => Assert.Equal("[]", Nodes($"[{messages}]"));

    [Theory]
    [InlineData($"{Response},{Request}")]
    [InlineData($"{Request},{Request}")]
    [InlineData($"{Response},{Response}")]
    [InlineData($$"""{"kind":"note"},{{Response}}""")]
    [InlineData("""{},{}""")]
    public void Pairs_of_other_kinds_are_left_out(string pair)
    {
        Assert.Equal("[]", Nodes($"[{pair}]"));
        Assert.Equal(1, Histories.Parse(Nodes($"[{pair},{Request},{Response}]")).GetArrayLength());
    }

    [Fact]
    public void A_node_without_parts_is_a_node() =>
        Histories.AssertSame("""[{"kind":null,"parts":[]}]""", Nodes("""[{"kind":"request","parts":[]},{"kind":"response","parts":[]}]"""));

    [Theory]
    [InlineData("{}", "messages")]
    [InlineData("[1,2]", "messages[0]")]
    [InlineData("""[{"kind":"request"},{"kind":"response","parts":[]}]""", "messages[0].parts")]
    [InlineData("""[{"kind":"request","parts":[]},{"kind":"response","parts":[7]}]""", "messages[1].parts[0]")]
    [InlineData("""[{"kind":"request","parts":[{}]},{"kind":"response","parts":[]}]""", "messages[0].parts[0].part_kind")]
    public void What_is_no_history_is_refused(string json, string field) =>
        Assert.All(new Action[] { () => Whole(json), () => OneByOne(json) }, read => Assert.Equal(field, Assert.Throws<InvalidInputException>(read).Field));

    // Both ways give the same nodes.
    private static string Nodes(string json)
    {
        var nodes = Whole(json);
        Assert.Equal(nodes, OneByOne(json));
        return nodes;
    }

    private static string Whole(string json) => ModelMessages.NodesFromMessages(Histories.Parse(json)).GetRawText();

    private static string OneByOne(string json) => $"[{string.Join(',', ModelMessages.EnumerateNodes(Encoding.UTF8.GetBytes(json)).Select(node => node.GetRawText()))}]";
}
