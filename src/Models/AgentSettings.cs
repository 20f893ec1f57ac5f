using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AgentStream.Models;

/// <summary>An agent's settings, from the section <c>AgentStream:Agents:{name}</c>, with their rules.</summary>
internal sealed class AgentSettings
{
    /// <summary>The configuration section that has a section for each agent.</summary>
    public const string Section = AgentStreamOptions.Section + ":Agents";

    public const string EndpointRule = "must be an absolute http or https URL without user name and password";
    public const string ApiKeyRule = "must be printable ASCII without spaces";

    private const int MaxTemperature = 2;

    // Without these a request is none, or its answer cannot be read.
    private static readonly string[] Needed = ["model", "messages", "stream"];

    private readonly IConfigurationSection _section;
    private readonly List<string> _errors = [];

    /// <summary>Reads the settings of one agent. An empty setting is one that is not there.</summary>
    public AgentSettings(IConfigurationSection section)
    {
        _section = section;
        Model = Text(nameof(Model)) ?? "";
        Instructions = Text(nameof(Instructions));
        Endpoint = ReadEndpoint();
        ApiKey = Text(nameof(ApiKey));
        Temperature = ReadTemperature();
        MaxOutputTokens = ReadCount(nameof(MaxOutputTokens));
        MaxToolResult = ReadCount(nameof(MaxToolResult));
        ReasoningEffort = ReadWord<ReasoningEffort>(nameof(ReasoningEffort));
        ReasoningOutput = ReadWord<ReasoningOutput>(nameof(ReasoningOutput));
        Omit = ReadOmit();
        Check();
    }

    /// <summary>The agent's name.</summary>
    public string Name => _section.Key;

    /// <summary>The model, as its endpoint names it.</summary>
    public string Model { get; }

    /// <summary>The base URL of the chat-completions endpoint; null for OpenAI's public one.</summary>
    public Uri? Endpoint { get; }

    /// <summary>The bearer token; null for none, with an endpoint on this machine.</summary>
    public string? ApiKey { get; }

    /// <summary>What the model is told before everything else; null for nothing.</summary>
    public string? Instructions { get; }

    /// <summary>0 to 2; null leaves it to the endpoint.</summary>
    public float? Temperature { get; }

    /// <summary>The most tokens of one response; null leaves it to the endpoint.</summary>
    public int? MaxOutputTokens { get; }

    /// <summary>The most bytes of a tool's result; null for the default.</summary>
    public int? MaxToolResult { get; }

    /// <summary>How much the model is to think; null leaves it to the endpoint.</summary>
    public ReasoningEffort? ReasoningEffort { get; }

    /// <summary>What is to be seen of what it thinks; null for all that the endpoint gives.</summary>
    public ReasoningOutput? ReasoningOutput { get; }

    /// <summary>The fields of a request that the endpoint refuses.</summary>
    public IReadOnlyList<string> Omit { get; }

    /// <summary>The MCP servers whose tools the agent may call; a section that may not exist.</summary>
    public IConfigurationSection McpServers => _section.GetSection(nameof(McpServers));

    /// <summary>A sentence for each rule that is broken, naming the setting and the rule, and the value where that is no secret.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public static bool IsEndpoint(Uri uri) =>
        uri.IsAbsoluteUri
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.Host.Length > 0
        && uri.UserInfo.Length == 0;

    // What an HTTP header takes; the line break at the end of a key that was read from a file is what one meets.
    public static bool IsApiKey(string key) => key.Length > 0 && key.All(c => c is > ' ' and <= '~');

    private void Check()
    {
        if (Model.Length == 0)
        {
            _errors.Add($"{Path(nameof(Model))} is missing.");
        }

        // Of an endpoint that nobody can read, nobody knows whether it needs a key.
        if (ApiKey is null && (Endpoint is null ? Text(nameof(Endpoint)) is null : !Endpoint.IsLoopback))
        {
            _errors.Add($"{Path(nameof(ApiKey))} is missing; only an {nameof(Endpoint)} on this machine needs none.");
        }
        else if (ApiKey is not null && !IsApiKey(ApiKey))
        {
            _errors.Add($"{Path(nameof(ApiKey))} {ApiKeyRule}.");
        }

        try
        {
            McpConfiguration.Read(McpServers);
        }
        catch (OptionsValidationException e)
        {
            _errors.AddRange(e.Failures);
        }
    }

    private Uri? ReadEndpoint()
    {
        if (Text(nameof(Endpoint)) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && IsEndpoint(uri))
        {
            return uri;
        }

        // A value that may have a password in it is not told.
        var value = text.Contains('@', StringComparison.Ordinal) ? "" : $", but is '{text}'";
        _errors.Add($"{Path(nameof(Endpoint))} {EndpointRule}{value}.");
        return null;
    }

    private float? ReadTemperature()
    {
        if (Text(nameof(Temperature)) is not { } text)
        {
            return null;
        }

        if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= MaxTemperature)
        {
            return value;
        }

        _errors.Add($"{Path(nameof(Temperature))} must be a number from 0 to {MaxTemperature}, but is '{text}'.");
        return null;
    }

    private int? ReadCount(string setting)
    {
        if (Text(setting) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0)
        {
            return value;
        }

        _errors.Add($"{Path(setting)} must be a whole number from 1 to {int.MaxValue}, but is '{text}'.");
        return null;
    }

    private T? ReadWord<T>(string setting)
        where T : struct, Enum
    {
        if (Text(setting) is not { } text)
        {
            return null;
        }

        if (Enum.GetNames<T>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } word)
        {
            return Enum.Parse<T>(word);
        }

        _errors.Add($"{Path(setting)} must be one of {string.Join(", ", Enum.GetNames<T>())}, but is '{text}'.");
        return null;
    }

    private List<string> ReadOmit()
    {
        var names = _section.GetSection(nameof(Omit)).GetChildren().Select(item => item.Value ?? "").ToList();
        if (Text(nameof(Omit)) is { } text)
        {
            _errors.Add($"{Path(nameof(Omit))} must be a list of names of fields, but is '{text}'.");
        }

        foreach (var name in names.Where(name => string.IsNullOrWhiteSpace(name) || Needed.Contains(name)))
        {
            _errors.Add($"{Path(nameof(Omit))} must be a list of names of fields, without {string.Join(", ", Needed)}, but has '{name}'.");
        }

        return names;
    }

    private string? Text(string setting) => _section[setting] is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;

    private string Path(string setting) => $"{_section.Path}:{setting}";
}
