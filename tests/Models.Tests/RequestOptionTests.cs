using System.ComponentModel;
using System.Text.Json;
using AgentStream.Models.Endpoint;
using AgentStream.Models.Requests;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>How an endpoint is asked: the options and tools of a request.</summary>
public sealed class RequestOptionTests
{
    [Fact]
    public async Task Options_go_under_their_names()
    {
        var request = await Ask.SentAsync([new(ChatRole.User, "hello")], new ChatOptions
        {
            ModelId = "other",
            Temperature = 0.5f,
            TopP = 0.25f,
            TopK = 40,
            FrequencyPenalty = 0.125f,
            PresencePenalty = -0.5f,
            Seed = 7,
            MaxOutputTokens = 100,
            StopSequences = ["a", "b"],
            Reasoning = new() { Effort = ReasoningEffort.Low },
            ResponseFormat = ChatResponseFormat.Json,
        });

        Assert.Equal("\"other\"", request["model"]);
        Assert.Equal(("0.5", "0.25", "40"), (request["temperature"], request["top_p"], request["top_k"]));
        Assert.Equal(("0.125", "-0.5", "7"), (request["frequency_penalty"], request["presence_penalty"], request["seed"]));
        Assert.Equal(("100", null), (request["max_tokens"], request["max_completion_tokens"]));
        Assert.Equal("""["a","b"]""", request["stop"]);
        Assert.Equal("\"low\"", request["reasoning_effort"]);
        Assert.Equal("""{"type":"json_object"}""", request["response_format"]);
    }

    [Theory]
    [InlineData(null, "max_completion_tokens")]
    [InlineData("https://eu.api.openai.com/v1", "max_completion_tokens")]
    [InlineData("https://mine.openai.azure.com/openai/v1", "max_completion_tokens")]
    [InlineData("https://notopenai.com/v1", "max_tokens")]
    [InlineData("http://127.0.0.1:8000/v1", "max_tokens")]
    public async Task OpenAI_has_a_name_of_its_own_for_the_most_tokens(string? address, string expected)
    {
        var endpoint = new ModelEndpoint("tiny", "key", address is null ? null : new Uri(address), TimeProvider.System);
        using var bytes = new MemoryStream();
        await RequestBody.Write(endpoint, [], new ChatOptions { MaxOutputTokens = 5 }).WriteToAsync(bytes, CancellationToken.None);
        using var json = JsonDocument.Parse(bytes.ToArray());
        var names = json.RootElement.EnumerateObject().Select(field => field.Name);
        Assert.Equal([expected], names.Where(name => name.StartsWith("max_", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Tools_go_with_their_schemas()
    {
        var request = await Ask.SentAsync([new(ChatRole.User, "hello")], new ChatOptions
        {
            Tools =
            [
                AIFunctionFactory.Create(Add, "add", "Adds."),
                AIFunctionFactory.CreateDeclaration("raw", null, JsonElement.Parse("""{"type":"object"}""")),
            ],
            ToolMode = ChatToolMode.RequireSpecific("add"),
            AllowMultipleToolCalls = false,
        });

        var tools = request.Body.GetProperty("tools");
        Assert.Equal("function", tools[0].GetProperty("type").GetString());
        var add = tools[0].GetProperty("function");
        Assert.Equal(("add", "Adds."), (add.GetProperty("name").GetString(), add.GetProperty("description").GetString()));
        var x = add.GetProperty("parameters").GetProperty("properties").GetProperty("x");
        Assert.Equal("The first.", x.GetProperty("description").GetString());
        Assert.Equal("""{"type":"function","function":{"name":"raw","parameters":{"type":"object"}}}""", tools[1].GetRawText());
        Assert.Equal("""{"type":"function","function":{"name":"add"}}""", request["tool_choice"]);
        Assert.Equal("false", request["parallel_tool_calls"]);

        static int Add([Description("The first.")] int x, int y) => x + y;
    }

    [Theory]
    [InlineData("auto", "\"auto\"")]
    [InlineData("none", "\"none\"")]
    [InlineData("any", "\"required\"")]
    [InlineData(null, null)]
    public async Task The_choice_of_tools_goes_only_with_tools(string? mode, string? expected)
    {
        var options = new ChatOptions
        {
            ToolMode = mode switch
            {
                "auto" => ChatToolMode.Auto,
                "none" => ChatToolMode.None,
                "any" => ChatToolMode.RequireAny,
                _ => null,
            },
            AllowMultipleToolCalls = true,
        };
        var without = await Ask.SentAsync([new(ChatRole.User, "hello")], options);
        Assert.Equal((null, null, null), (without["tools"], without["tool_choice"], without["parallel_tool_calls"]));

        var strict = new Dictionary<string, object?> { ["strict"] = true };
        options.Tools = [AIFunctionFactory.Create(() => 1, new AIFunctionFactoryOptions { Name = "one", AdditionalProperties = strict })];
        var with = await Ask.SentAsync([new(ChatRole.User, "hello")], options);
        Assert.Equal((expected, "true"), (with["tool_choice"], with["parallel_tool_calls"]));
        Assert.True(with.Body.GetProperty("tools")[0].GetProperty("function").GetProperty("strict").GetBoolean());
    }

    [Fact]
    public async Task An_answer_can_be_asked_for_by_schema()
    {
        var request = await Ask.SentAsync([new(ChatRole.User, "hello")], new ChatOptions
        {
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"object"}"""), "city", "A city."),
        });
        Assert.Equal("""{"type":"json_schema","json_schema":{"name":"city","schema":{"type":"object"},"description":"A city."}}""", request["response_format"]);
    }

    [Fact]
    public async Task Further_properties_go_as_they_are_over_the_others_and_null_takes_one_away()
    {
        var request = await Ask.SentAsync([new(ChatRole.User, "hello")], new ChatOptions
        {
            Temperature = 1,
            AdditionalProperties = new()
            {
                ["temperature"] = 0.5,
                ["stream_options"] = null,
                ["stream"] = false,
                ["provider"] = new Dictionary<string, object?> { ["order"] = new[] { "a" } },
            },
        });
        Assert.Equal(("0.5", null, "true"), (request["temperature"], request["stream_options"], request["stream"]));
        Assert.Equal("""{"order":["a"]}""", request["provider"]);
    }
}
