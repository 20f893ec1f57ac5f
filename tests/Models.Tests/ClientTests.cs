using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace AgentStream.Models.Tests;

/// <summary>What a client is made of.</summary>
public sealed class ClientTests
{
    [Fact]
    public void It_says_what_it_is()
    {
        using var client = new OpenAIChatClient("tiny", "key");
        var metadata = Assert.IsType<ChatClientMetadata>(client.GetService(typeof(ChatClientMetadata)));
        Assert.Equal(("openai", "tiny"), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Equal(new Uri("https://api.openai.com/v1"), metadata.ProviderUri);

        Assert.IsType<ChatClient>(client.GetService(typeof(ChatClient)));
        Assert.Same(client, client.GetService(typeof(IChatClient)));
        Assert.Null(client.GetService(typeof(IChatClient), "key"));
        Assert.Null(client.GetService(typeof(string)));
    }

    [Theory]
    [InlineData("", "key", null, "model")]
    [InlineData(" ", "key", null, "model")]
    [InlineData("tiny", "", null, "apiKey")]
    [InlineData("tiny", "sk-very-secret\n", null, "apiKey")]
    [InlineData("tiny", "sk-very secret", null, "apiKey")]
    [InlineData("tiny", "sk-very-secrét", null, "apiKey")]
    [InlineData("tiny", "key", "v1", "endpoint")]
    [InlineData("tiny", "key", "ftp://models.example", "endpoint")]
    [InlineData("tiny", "key", "http://me:sk-very-secret@models.example", "endpoint")]
    public void What_breaks_a_rule_is_named_and_no_secret_told(string model, string key, string? endpoint, string expected)
    {
        var address = endpoint is null ? null : new Uri(endpoint, UriKind.RelativeOrAbsolute);
        var fault = Assert.ThrowsAny<ArgumentException>(() => new OpenAIChatClient(model, key, address));
        Assert.Equal(expected, fault.ParamName);
        Assert.DoesNotContain("sk-very", fault.Message, StringComparison.Ordinal);
    }
}
