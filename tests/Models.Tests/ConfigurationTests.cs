using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Models.Tests;

/// <summary>The rules of agents in the configuration.</summary>
public sealed class ConfigurationTests
{
    [Theory]
    [InlineData("Endpoint=http://127.0.0.1:1/v1", "AgentStream:Agents:a:Model is missing.")]
    [InlineData("Model= ;Endpoint=http://localhost:1", "AgentStream:Agents:a:Model is missing.")]
    [InlineData("Model=m", "AgentStream:Agents:a:ApiKey is missing; only an Endpoint on this machine needs none.")]
    [InlineData("Model=m;ApiKey=;Endpoint=https://models.example/v1", "AgentStream:Agents:a:ApiKey is missing; only an Endpoint on this machine needs none.")]
    [InlineData("Model=m;ApiKey=sk-secret two", "AgentStream:Agents:a:ApiKey must be printable ASCII without spaces.")]
    [InlineData("Model=m;ApiKey=k;Endpoint=models.example/v1", "AgentStream:Agents:a:Endpoint must be an absolute http or https URL without user name and password, but is 'models.example/v1'.")]
    [InlineData("Model=m;ApiKey=k;Endpoint=/v1", "AgentStream:Agents:a:Endpoint must be an absolute http or https URL without user name and password, but is '/v1'.")]
    [InlineData("Model=m;ApiKey=k;Endpoint=ftp://models.example", "AgentStream:Agents:a:Endpoint must be an absolute http or https URL without user name and password, but is 'ftp://models.example'.")]
    [InlineData("Model=m;ApiKey=k;Endpoint=https://me:sk-secret@models.example", "AgentStream:Agents:a:Endpoint must be an absolute http or https URL without user name and password.")]
    [InlineData("Model=m;ApiKey=k;Temperature=hot", "AgentStream:Agents:a:Temperature must be a number from 0 to 2, but is 'hot'.")]
    [InlineData("Model=m;ApiKey=k;Temperature=2.1", "AgentStream:Agents:a:Temperature must be a number from 0 to 2, but is '2.1'.")]
    [InlineData("Model=m;ApiKey=k;Temperature=NaN", "AgentStream:Agents:a:Temperature must be a number from 0 to 2, but is 'NaN'.")]
    [InlineData("Model=m;ApiKey=k;MaxOutputTokens=0", "AgentStream:Agents:a:MaxOutputTokens must be a whole number from 1 to 2147483647, but is '0'.")]
    [InlineData("Model=m;ApiKey=k;MaxOutputTokens=1.5", "AgentStream:Agents:a:MaxOutputTokens must be a whole number from 1 to 2147483647, but is '1.5'.")]
    [InlineData("Model=m;ApiKey=k;MaxToolResult=-1", "AgentStream:Agents:a:MaxToolResult must be a whole number from 1 to 2147483647, but is '-1'.")]
    [InlineData("Model=m;ApiKey=k;ReasoningEffort=max", "AgentStream:Agents:a:ReasoningEffort must be one of None, Low, Medium, High, ExtraHigh, but is 'max'.")]
    [InlineData("Model=m;ApiKey=k;ReasoningEffort=3", "AgentStream:Agents:a:ReasoningEffort must be one of None, Low, Medium, High, ExtraHigh, but is '3'.")]
    [InlineData("Model=m;ApiKey=k;ReasoningOutput=all", "AgentStream:Agents:a:ReasoningOutput must be one of None, Summary, Full, but is 'all'.")]
    [InlineData("Model=m;ApiKey=k;Omit=stream_options", "AgentStream:Agents:a:Omit must be a list of names of fields, but is 'stream_options'.")]
    [InlineData("Model=m;ApiKey=k;Omit:0=stream_options;Omit:1=messages", "AgentStream:Agents:a:Omit must be a list of names of fields, without model, messages, stream, but has 'messages'.")]
    [InlineData("Model=m;ApiKey=k;Omit:0= ", "AgentStream:Agents:a:Omit must be a list of names of fields, without model, messages, stream, but has ' '.")]
    public void A_wrong_setting_is_named_with_its_rule(string settings, string expected)
    {
        var fault = Assert.Throws<OptionsValidationException>(() => Add("a", settings));
        Assert.Equal(expected, fault.Message);
        Assert.DoesNotContain("sk-secret", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_setting_of_an_MCP_server_is_named_too()
    {
        var fault = Assert.Throws<OptionsValidationException>(() => Add("a", "Model=m;ApiKey=k;McpServers:files:Comand=ls"));
        Assert.StartsWith("AgentStream:Agents:a:McpServers:files:Comand is no setting of an MCP server", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        var fault = Assert.Throws<OptionsValidationException>(() => Add("a", "Endpoint=x;Temperature=x"));
        Assert.Equal(
            ["Endpoint", "Temperature", "Model"],
            fault.Failures.Select(failure => failure.Split(' ')[0].Split(':')[^1]));
    }

    [Theory]
    [InlineData("Model=m;ApiKey=k")]
    [InlineData("Model=m;ApiKey=k;Endpoint=https://models.example/v1;Temperature=0;MaxOutputTokens=1;Instructions=Be brief.")]
    [InlineData("Model=m;Endpoint=http://localhost:11434/v1;Temperature=2")]
    [InlineData("Model=m;Endpoint=http://127.0.0.1:11434/v1")]
    [InlineData("Model=m;ApiKey=k;MaxToolResult=1;ReasoningEffort=extrahigh;ReasoningOutput=None;Omit:0=stream_options;Omit:1=max_tokens")]
    [InlineData("Model=m;Endpoint=http://[::1]:11434/v1;Temperature=;MaxOutputTokens=;Instructions=")]
    public void What_keeps_the_rules_is_taken(string settings)
    {
        var builder = Add("a", settings);
        var fault = Assert.Throws<ArgumentException>(() => builder.AddAgent("a", _ => { }));
        Assert.Contains("'a' is there already", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_too_long_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Add(new string('a', 129), "Model=m;ApiKey=k"));
    }

    [Fact]
    public void Without_the_section_there_are_no_agents()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null).AddAgentStream();
        var before = builder.Services.Count;
        builder.AddConfiguredAgents(new ConfigurationBuilder().Build());
        Assert.Equal(before, builder.Services.Count);
    }

    private static AgentStreamBuilder Add(string name, string settings)
    {
        var pairs = settings.Split(';').Select(setting => setting.Split('=', 2));
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(pairs.Select(pair => KeyValuePair.Create($"AgentStream:Agents:{name}:{pair[0]}", (string?)pair[1])))
            .Build();
        return Host.CreateEmptyApplicationBuilder(null).AddAgentStream().AddConfiguredAgents(configuration);
    }
}
