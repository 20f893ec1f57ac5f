using System.Text.Json.Nodes;
using AgentStream.Grains.Chat;
using AgentStream.Messages;

namespace AgentStream.Grains.Tests.Messages;

/// <summary>Histories in the form of many versions of pydantic-ai: what is read is written as it was.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Documents => [.. Histories.Names];

    [Fact]
    public void The_corpus_is_here() => Assert.InRange(Histories.Names.Count(), 20, int.MaxValue);

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_history_is_written_as_it_was_read(string name)
    {
        var text = Histories.Text(name);
        Histories.AssertSame(text, Histories.Write(Histories.Read(text)));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Of_a_changed_message_only_the_change_is_written_anew(string name)
    {
        var text = Histories.Text(name);
        var changed = Histories.Read(text).Select(message => message is UnknownMessage ? message : message with { RunId = "changed" });

        var expected = JsonNode.Parse(text)!.AsArray();
        foreach (var message in expected.Where(message => message!["kind"]!.GetValue<string>() is "request" or "response"))
        {
            message!["run_id"] = "changed";
        }

        Histories.AssertSame(expected.ToJsonString(), Histories.Write(changed));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Of_a_changed_part_only_the_change_is_written_anew(string name)
    {
        var text = Histories.Text(name);
        var changed = Histories.Read(text).Select(message => message switch
        {
            ModelRequest request => request with { Parts = [.. request.Parts.Select(part => part is SystemPromptPart system ? system with { Content = "changed" } : part with { })] },
            ModelResponse response => response with { Parts = [.. response.Parts.Select(part => part is TextPart words ? words with { Content = "changed" } : part with { })] },
            _ => message,
        });

        var expected = JsonNode.Parse(text)!.AsArray();
        foreach (var part in expected.Where(m => m!["kind"]!.GetValue<string>() is "request" or "response").SelectMany(m => m!["parts"]!.AsArray()))
        {
            if (part!["part_kind"]!.GetValue<string>() is "system-prompt" or "text")
            {
                part["content"] = "changed";
            }
        }

        Histories.AssertSame(expected.ToJsonString(), Histories.Write(changed));
    }

    /// <summary>What was understood of a history is all in what is written of it when its JSON is forgotten: reader and writer agree on every field.</summary>
    [Theory]
    [MemberData(nameof(Documents))]
    public void What_was_understood_survives_without_the_memory_of_its_json(string name)
    {
        var once = Histories.Write(Histories.Fresh(Histories.Read(Histories.Text(name))));
        Histories.AssertSame(once, Histories.Write(Histories.Fresh(Histories.Read(once))));
    }

    [Theory]
    [InlineData("today-plain.json")]
    [InlineData("today-tool-call.json")]
    [InlineData("today-retries.json")]
    public void Todays_form_is_the_form_that_is_written(string name)
    {
        var text = Histories.Text(name);
        Histories.AssertSame(InFullSeconds(text), InFullSeconds(Histories.Write(Histories.Fresh(Histories.Read(text)))));

        // Pydantic leaves no zeros at the end off; the corpus does, here and there.
        static string InFullSeconds(string json) => System.Text.RegularExpressions.Regex.Replace(json, @"\.\d{1,6}Z""", "Z\"");
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_history_comes_back_from_chat_messages_as_it_was(string name)
    {
        var text = Histories.Text(name);
        Histories.AssertSame(text, Histories.Write(ChatMessages.FromChat(ChatMessages.ToChat(Histories.Read(text)))));
    }
}
