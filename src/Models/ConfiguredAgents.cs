using AgentStream.Models;
using AgentStream.Models.Endpoint;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream;

/// <summary>Agents that need no code.</summary>
public static class ConfiguredAgents
{
    /// <summary>
    /// Adds an agent for each section <c>AgentStream:Agents:{name}</c>, in alphabetical order. <c>Model</c> is required; <c>Endpoint</c> is
    /// the base URL of any OpenAI-compatible chat-completions endpoint (OpenAI's public one when it is missing); <c>ApiKey</c> may be
    /// missing when the endpoint is on this machine; <c>Instructions</c>, <c>Temperature</c> (0 to 2), <c>MaxOutputTokens</c> (1 or
    /// more, for each response), <c>ReasoningEffort</c> and <c>ReasoningOutput</c> (the words of <see cref="ReasoningOptions"/>),
    /// <c>MaxToolResult</c> (bytes, <see cref="AgentBuilder.WithMaxToolResult"/>), <c>Omit</c> (fields of a request that the endpoint
    /// refuses, such as
    /// <c>stream_options</c>) and <c>McpServers</c> (<see cref="McpConfiguration"/>) are up to you.
    /// </summary>
    /// <param name="builder">Takes the agents.</param>
    /// <param name="configuration">
    /// The program's whole configuration, so that a key can come from the environment or from user secrets.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="OptionsValidationException">Settings are missing or wrong; the message names each of them.</exception>
    /// <exception cref="ArgumentException">An agent's name breaks the rule of <see cref="AgentStreamBuilder.AddAgent"/>.</exception>
    public static AgentStreamBuilder AddConfiguredAgents(this AgentStreamBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configuration);

        var sections = configuration.GetSection(AgentSettings.Section).GetChildren();
        List<AgentSettings> agents = [.. sections.Select(section => new AgentSettings(section))];
        List<string> errors = [.. agents.SelectMany(agent => agent.Errors)];
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(AgentSettings.Section, typeof(AgentSettings), errors);
        }

        if (agents.Count > 0)
        {
            builder.Services.AddModelHttpClient();
            builder.Services.AddMcpHttpClient();
        }

        foreach (var settings in agents)
        {
            builder.AddAgent(settings.Name, agent => Configure(agent, settings));
        }

        return builder;
    }

    private static void Configure(AgentBuilder agent, AgentSettings settings)
    {
        agent.UseChatClient(services => new OpenAIChatClient(
            settings.Model,
            settings.ApiKey,
            settings.Endpoint,
            services.GetService<TimeProvider>(),
            services.GetRequiredService<IHttpClientFactory>().CreateClient(ModelHttp.Name)));
        agent.WithOptions(options => Configure(options, settings));
        agent.WithMcpServers(settings.McpServers);
        if (settings.Instructions is { } instructions)
        {
            agent.WithInstructions(instructions);
        }

        if (settings.MaxToolResult is { } bytes)
        {
            agent.WithMaxToolResult(bytes);
        }
    }

    private static void Configure(ChatOptions options, AgentSettings settings)
    {
        (options.Temperature, options.MaxOutputTokens) = (settings.Temperature, settings.MaxOutputTokens);
        if (settings.ReasoningEffort is not null || settings.ReasoningOutput is not null)
        {
            options.Reasoning = new ReasoningOptions { Effort = settings.ReasoningEffort, Output = settings.ReasoningOutput };
        }

        foreach (var name in settings.Omit)
        {
            // The client's way to leave a field out.
            (options.AdditionalProperties ??= [])[name] = null;
        }
    }
}
