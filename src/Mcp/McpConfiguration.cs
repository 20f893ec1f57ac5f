using AgentStream.Mcp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AgentStream;

/// <summary>
/// MCP servers in the configuration: a section with a subsection for each server, whose keys are the names of the settings of
/// <see cref="McpConnectionOptions"/>.
/// </summary>
public static class McpConfiguration
{
    private static readonly HashSet<string> Settings =
        typeof(McpConnectionOptions).GetProperties().Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads an agent's servers and checks all of their settings, so that a program can refuse to start with wrong ones.</summary>
    /// <param name="section">The section, such as <c>AgentStream:Agents:helper:McpServers</c>. One that does not exist has no servers.</param>
    /// <returns>The servers, by name.</returns>
    /// <exception cref="OptionsValidationException">Settings are wrong; the message names each by its whole path, and its rule.</exception>
    public static IReadOnlyDictionary<string, McpConnectionOptions> Read(IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var errors = new List<string>();
        var servers = section.GetChildren().ToDictionary(server => server.Key, server => Read(server, errors), StringComparer.OrdinalIgnoreCase);
        return errors.Count == 0 ? servers : throw new OptionsValidationException(section.Path, typeof(McpConnectionOptions), errors);
    }

    private static McpConnectionOptions Read(IConfigurationSection server, List<string> errors)
    {
        var options = new McpConnectionOptions();
        if (server.Value is { Length: > 0 })
        {
            errors.Add($"{server.Path} must be a section with settings, not a value.");
            return options;
        }

        var unknown = server.GetChildren().Where(child => !Settings.Contains(child.Key)).ToList();
        if (unknown.Count > 0)
        {
            var known = string.Join(", ", Settings.Order(StringComparer.Ordinal));
            errors.AddRange(unknown.Select(child => $"{child.Path} is no setting of an MCP server; those are {known}."));
            return options;
        }

        // The binder would take a number too, and name a type.
        if (IsNoneOf<McpInitialize>(server, nameof(options.Initialize), McpConnectionOptionsValidator.InitializeRule, errors)
            || IsNoneOf<McpApproval>(server, nameof(options.Approval), McpConnectionOptionsValidator.ApprovalRule, errors))
        {
            return options;
        }

        try
        {
            server.WithDurations<McpConnectionOptions>().Bind(options);
            errors.AddRange(McpConnectionOptionsValidator.Validate(server.Path + ConfigurationPath.KeyDelimiter, options));
        }
        catch (OptionsValidationException e)
        {
            errors.AddRange(e.Failures);
        }
        catch (InvalidOperationException e)
        {
            // The binder names the setting and the type that it should have.
            errors.Add(e.Message);
        }

        return options;
    }

    private static bool IsNoneOf<T>(IConfigurationSection server, string setting, string rule, List<string> errors)
        where T : struct, Enum
    {
        if (server[setting] is not { } value || Enum.GetNames<T>().Contains(value, StringComparer.OrdinalIgnoreCase))
        {
            return false;
        }

        errors.Add($"{server.Path}:{setting} {rule} '{value}'.");
        return true;
    }
}
