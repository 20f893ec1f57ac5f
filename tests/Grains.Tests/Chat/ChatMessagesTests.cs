using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Tests.Messages;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.Chat;

/// <summary>What a chat client sees of a history, and what is made of what others put into chat messages.</summary>
public sealed class ChatMessagesTests
{
    private static readonly DateTimeOffset Now = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_chat_client_sees_roles_texts_thoughts_calls_and_results()
    {
        var chat = ChatMessages.ToChat(Histories.Read(Histories.Text("today-tool-call.json")));
        Assert.Equal([ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant], chat.Select(message => message.Role));
        Assert.Equal(["You do sums.", "what is 12*7?", "", "", "12*7 is 84."], chat.Select(message => message.Text));
        Assert.Equal("msg_01", chat[2].MessageId);
        var thought = Assert.IsType<TextReasoningContent>(chat[2].Contents[0]);
        Assert.Equal(("I need a tool.", "EqQBCkYIBRgCKkD"), (thought.Text, thought.ProtectedData));
        var call = Assert.IsType<FunctionCallContent>(chat[2].Contents[1]);
        Assert.Equal(("toolu_01", "calculate", "12*7"), (call.CallId, call.Name, call.Arguments!["expression"]!.ToString()));
        var result = Assert.IsType<FunctionResultContent>(Assert.Single(chat[3].Contents));
        Assert.Equal(("toolu_01", "84"), (result.CallId, result.Result));
    }

    [Fact]
    public void A_chat_client_sees_images_files_and_sound()
    {
        var contents = ChatMessages.ToChat(Histories.Read(Histories.Text("today-multimodal.json")))[0].Contents;
        Assert.Equal(
            ["image/png https://example.com/a.png", "audio/mpeg https://example.com/speech.mp3?sig=x%20y", "application/pdf https://example.com/report.PDF", "video/mp4 https://youtu.be/abc"],
            contents.OfType<UriContent>().Select(uri => $"{uri.MediaType} {uri.Uri.OriginalString}"));
        Assert.Equal("data:image/png;base64,iVBORw0KGgo+/w==", Assert.Single(contents.OfType<DataContent>()).Uri);
        Assert.Equal(["What is on these?", "Only the second."], contents.OfType<TextContent>().Select(text => text.Text));
    }

    [Fact]
    public void What_has_no_media_type_or_address_is_shown_as_well_as_it_can_be()
    {
        var contents = ChatMessages.ToChat(Histories.Read(Histories.Text("odd-media.json")))[0].Contents;
        Assert.Equal("image/png", Assert.IsType<DataContent>(contents[0]).MediaType);
        Assert.Equal("data:broken", Assert.IsType<TextContent>(contents[1]).Text);
        Assert.Equal("pictures/cat.png", Assert.IsType<TextContent>(contents[2]).Text);
        Assert.Equal("application/octet-stream", Assert.IsType<UriContent>(contents[3]).MediaType);
        Assert.Equal("image/webp", Assert.IsType<UriContent>(contents[4]).MediaType);
        Assert.Equal("application/octet-stream", Assert.IsType<DataContent>(contents[6]).MediaType);
        Assert.Equal("/pictures/cat.png", Assert.IsType<TextContent>(contents[8]).Text);
    }

    [Fact]
    public void Results_are_told_with_their_outcome()
    {
        var results = Assert.Single(ChatMessages.ToChat(Histories.Read(Histories.Text("today-outcomes.json"))), message => message.Role == ChatRole.Tool).Contents;
        Assert.Equal([null, "failed", "denied", "interrupted", null, null], results.Select(result => result.AdditionalProperties?["outcome"]));
        Assert.Equal("17", Assert.IsType<FunctionResultContent>(results[4]).Result!.ToString());
    }

    [Fact]
    public void What_a_model_cannot_be_told_is_not_to_be_seen()
    {
        var chat = ChatMessages.ToChat(Histories.Read(Histories.Text("unknown-kinds.json")));
        Assert.Equal([ChatRole.User, ChatRole.Assistant, ChatRole.Assistant], chat.Select(message => message.Role));
        Assert.Equal(["hi", "ok", "ok"], chat.Select(message => message.Text));
    }

    [Fact]
    public void Without_its_memory_a_chat_message_still_says_what_it_says()
    {
        // As after a cache, which keeps chat messages as JSON.
        var text = Histories.Text("today-tool-call.json");
        var chat = ChatMessages.ToChat(Histories.Read(text));
        var copies = JsonSerializer.Deserialize<List<ChatMessage>>(JsonSerializer.Serialize(chat, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;
        Assert.All(copies, copy => Assert.Null(copy.RawRepresentation));
        var messages = ChatMessages.FromChat(copies);

        Assert.Equal([typeof(ModelRequest), typeof(ModelResponse), typeof(ModelRequest), typeof(ModelResponse)], messages.Select(message => message.GetType()));
        var request = (ModelRequest)messages[0];
        Assert.Equal("You do sums.", Assert.IsType<SystemPromptPart>(request.Parts[0]).Content);
        Assert.Equal("what is 12*7?", Assert.IsType<UserPromptPart>(request.Parts[1]).Text);
        var response = (ModelResponse)messages[1];
        Assert.Equal(new ThinkingPart("I need a tool.", "EqQBCkYIBRgCKkD"), response.Parts[0]);
        var call = Assert.Single(response.ToolCalls);
        Assert.Equal(("calculate", "toolu_01", """{"expression":"12*7"}"""), (call.ToolName, call.ToolCallId, JsonSerializer.Serialize(call.Args)));
        Assert.Equal("msg_01", response.ProviderResponseId);
        var result = Assert.IsType<ToolReturnPart>(((ModelRequest)messages[2]).Parts[0]);
        Assert.Equal(("calculate", "toolu_01", "84", ToolOutcome.Success), (result.ToolName, result.ToolCallId, result.Content.GetString(), result.Outcome));
    }

    [Fact]
    public void Outcomes_and_retries_survive_without_memory()
    {
        ChatMessage[] chat =
        [
            new(ChatRole.Assistant, [new FunctionCallContent("c1", "pay"), new FunctionCallContent("c2", "book")]),
            new(ChatRole.Tool, [
                new FunctionResultContent("c1", "no") { AdditionalProperties = new() { ["outcome"] = "denied" } },
                new FunctionResultContent("c2", "try again") { AdditionalProperties = new() { ["part_kind"] = "retry-prompt" } },
                new FunctionResultContent("c3", null) { Exception = new InvalidOperationException("broke") }]),
        ];
        var parts = ((ModelRequest)ChatMessages.FromChat(chat)[1]).Parts;
        var denied = Assert.IsType<ToolReturnPart>(parts[0]);
        Assert.Equal(("pay", ToolOutcome.Denied), (denied.ToolName, denied.Outcome));
        var retry = Assert.IsType<RetryPromptPart>(parts[1]);
        Assert.Equal(("book", "try again"), (retry.ToolName, retry.Text));
        var failed = Assert.IsType<ToolReturnPart>(parts[2]);
        Assert.Equal(("", ToolOutcome.Failed, "broke"), (failed.ToolName, failed.Outcome, failed.Content.GetString()));
    }

    [Fact]
    public void What_somebody_changed_in_a_chat_message_is_believed()
    {
        var text = Histories.Text("today-tool-call.json");
        var chat = ChatMessages.ToChat(Histories.Read(text));
        ((TextContent)chat[1].Contents[0]).Text = "what is 6*7?";
        ((FunctionCallContent)chat[2].Contents[1]).Arguments!["expression"] = "6*7";
        ((FunctionResultContent)chat[3].Contents[0]).Result = 42;
        chat[4].Contents.Add(new TextContent("Honestly."));
        chat.RemoveAt(0);

        var expected = text
            .Replace("""{"content": "You do sums.", "timestamp": "2026-02-03T09:15:22.104233Z", "part_kind": "system-prompt"}, """, "", StringComparison.Ordinal)
            .Replace("what is 12*7?", "what is 6*7?", StringComparison.Ordinal)
            .Replace("\"12*7\"", "\"6*7\"", StringComparison.Ordinal)
            .Replace("\"content\": \"84\"", "\"content\": 42", StringComparison.Ordinal)
            .Replace("\"part_kind\": \"text\"}]", "\"part_kind\": \"text\"}, {\"content\": \"Honestly.\", \"id\": null, \"part_kind\": \"text\"}]", StringComparison.Ordinal);
        Histories.AssertSame(expected, Histories.Write(ChatMessages.FromChat(chat)));
    }

    [Fact]
    public void Chat_messages_of_others_become_a_history()
    {
        ChatMessage[] chat =
        [
            new(ChatRole.System, "Be kind.") { CreatedAt = Now },
            new(ChatRole.User, [new TextContent("look"), new UriContent("https://example.com/x", "image/gif"), new DataContent(new byte[] { 1, 2 }, "audio/wav")]) { CreatedAt = Now },
            new(ChatRole.Assistant, "ok") { CreatedAt = Now },
            new(ChatRole.User, "bye"),
        ];
        var messages = ChatMessages.FromChat(chat);
        Histories.AssertSame(
            """
            [{"parts":[
                {"content":"Be kind.","timestamp":"2025-01-01T00:00:00Z","part_kind":"system-prompt"},
                {"content":["look",{"url":"https://example.com/x","media_type":"image/gif","kind":"image-url"},{"data":"AQI=","media_type":"audio/wav","kind":"binary"}],"timestamp":"2025-01-01T00:00:00Z","part_kind":"user-prompt"}],
              "instructions":null,"timestamp":"2025-01-01T00:00:00Z","kind":"request","run_id":null},
             {"parts":[{"content":"ok","id":null,"part_kind":"text"}],"usage":{"input_tokens":0,"cache_write_tokens":0,"cache_read_tokens":0,"output_tokens":0,"details":{}},
              "model_name":null,"timestamp":"2025-01-01T00:00:00Z","kind":"response","provider_name":null,"provider_details":null,"provider_response_id":null,"finish_reason":null,"run_id":null},
             {"parts":[{"content":"bye","part_kind":"user-prompt"}],"instructions":null,"timestamp":null,"kind":"request","run_id":null}]
            """,
            Histories.Write(messages));
    }

    [Fact]
    public void Broken_arguments_do_not_break_the_chat()
    {
        var calls = ChatMessages.ToChat(Histories.Read(Histories.Text("today-args.json")))[0].Contents.Cast<FunctionCallContent>().ToArray();
        Assert.Equal([2, 0, 0, 0, 0, 0, 4], calls.Select(call => call.Arguments!.Count));
        Assert.Equal([false, false, false, false, true, true, false], calls.Select(call => call.Exception is not null));
    }
}
