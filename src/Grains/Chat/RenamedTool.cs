using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>A tool under a name that endpoints take.</summary>
internal sealed class RenamedTool : DelegatingAIFunction
{
    private RenamedTool(AIFunction tool, string name)
        : base(tool) => Name = name;

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>The options of a request with all tools under names that endpoints take.</summary>
    public static void Apply(ChatOptions options)
    {
        if (options.Tools?.Any(tool => !WireNames.IsFit(tool.Name)) == true)
        {
            options.Tools = [.. options.Tools.Select(Renamed)];
        }

        if (options.ToolMode is RequiredChatToolMode { RequiredFunctionName: { } required })
        {
            options.ToolMode = ChatToolMode.RequireSpecific(WireNames.OfTool(required));
        }
    }

    // What is no function is no tool of ours: its name is its client's business.
    private static AITool Renamed(AITool tool) => tool switch
    {
        AIFunction function when !WireNames.IsFit(tool.Name) => new RenamedTool(function, WireNames.OfTool(tool.Name)),
        AIFunctionDeclaration declared when !WireNames.IsFit(tool.Name) => AIFunctionFactory.CreateDeclaration(
            WireNames.OfTool(tool.Name), declared.Description, declared.JsonSchema, declared.ReturnJsonSchema),
        _ => tool,
    };
}
