using AgentStream.Grains.Chat;
using AgentStream.Messages;
using FsCheck;
using FsCheck.Fluent;

namespace AgentStream.Grains.Tests.Messages;

/// <summary>What holds for every history. A failure prints the smallest history that shows it, and the seed.</summary>
public sealed class HistoryProperties
{
    private static readonly Config Rule = Config.QuickThrowOnFailure.WithMaxTest(500);

    [Fact]
    public void Reading_and_writing_changes_nothing() => Holds(json =>
        Histories.SameJson(json, Histories.Write(Histories.Read(json))));

    [Fact]
    public void Chat_messages_and_back_changes_nothing() => Holds(json =>
        Histories.SameJson(json, Histories.Write(ChatMessages.FromChat(ChatMessages.ToChat(Histories.Read(json))))));

    [Fact]
    public void Chat_messages_and_back_changes_nothing_of_a_history_that_was_made_here() => Holds(json =>
    {
        var made = Histories.Fresh(Histories.Read(json)).ToArray();
        return Histories.SameJson(Histories.Write(made), Histories.Write(ChatMessages.FromChat(ChatMessages.ToChat(made))));
    });

    [Fact]
    public void What_was_understood_is_written_and_read_again() => Holds(json =>
    {
        var once = Histories.Write(Histories.Fresh(Histories.Read(json)));
        return Histories.SameJson(once, Histories.Write(Histories.Fresh(Histories.Read(once))));
    });

    [Fact]
    public void A_chat_response_and_back_changes_nothing() => Holds(json =>
    {
        var responses = Histories.Read(json).OfType<ModelResponse>().ToArray();
        return Histories.SameJson(Histories.Write(responses), Histories.Write(responses.Select(response => ChatResponses.FromChat(ChatResponses.ToChat(response)))));
    });

    [Fact]
    public void There_is_a_node_for_each_pair_of_request_and_response() => Holds(json =>
    {
        var messages = Histories.Read(json);
        var pairs = messages.Count % 2 == 0 ? messages.Chunk(2).Count(pair => pair is [ModelRequest, ModelResponse]) : 0;
        return ModelMessages.NodesFromMessages(Histories.Parse(json)).GetArrayLength() == pairs;
    });

    private static void Holds(Func<string, bool> rule) => Prop.ForAll(GeneratedHistories.Arbitrary, rule).Check(Rule);
}
