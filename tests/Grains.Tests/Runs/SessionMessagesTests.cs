using AgentStream.Grains.Runs;
using AgentStream.Messages;

namespace AgentStream.Grains.Tests.Runs;

/// <summary>The messages of a session, imported ones and later ones.</summary>
public sealed class SessionMessagesTests
{
    [Fact]
    public void An_import_takes_the_place_of_all_messages_and_later_ones_follow_it()
    {
        var messages = new SessionMessages { Said("a") };
        messages.Replace([Said("b"), Said("c")]);
        messages.Add(Said("d"));
        ModelMessage[] all = [Said("b"), Said("c"), Said("d")];
        Assert.Equal(Texts(all), Texts(messages));
        Assert.Equal(Texts(all), Texts(Enumerable.Range(0, messages.Count).Select(index => messages[index])));
        Assert.Throws<ArgumentOutOfRangeException>(() => messages[3]);

        messages.Clear();
        Assert.Empty(messages);
    }

    private static ModelRequest Said(string text) => new([new UserPromptPart(text) { Timestamp = Samples.Time }]) { Timestamp = Samples.Time };

    private static IEnumerable<string> Texts(IEnumerable<ModelMessage> messages) => messages.Select(message => ModelMessages.GetUserPrompt([message]));
}
