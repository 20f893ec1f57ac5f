using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>What may be sent to a model.</summary>
internal sealed class InputRules
{
    // What was cut when its tool returned has a note about that, and is not cut again.
    private const int RoomForNote = 256;

    private readonly IContentSupport? _support;
    private readonly string? _provider;

    /// <param name="client">The model's client.</param>
    /// <param name="maxToolResult">The most bytes of a tool's result.</param>
    /// <param name="trustsImports">Whether system prompts and links of a history count: both come from imports only.</param>
    public InputRules(IChatClient client, int maxToolResult, bool trustsImports)
    {
        TrustsImports = trustsImports;
        _support = client.GetService<IContentSupport>();
        _provider = client.GetService<ChatClientMetadata>()?.ProviderName;
        Results = new ToolResults(maxToolResult, TakesInResult);
        KnownResults = new ToolResults((int)Math.Min(int.MaxValue, maxToolResult + (long)RoomForNote), TakesInResult);
    }

    /// <summary>Whether what an imported history tells the model to be, or has it fetch, is sent.</summary>
    public bool TrustsImports { get; }

    /// <summary>The rules of what tools return.</summary>
    public ToolResults Results { get; }

    /// <summary>The rules of results in a history, which others may have written.</summary>
    public ToolResults KnownResults { get; }

    /// <summary>Whether an older message may have a content.</summary>
    public bool Takes(AIContent content) => (TrustsImports || content is not UriContent) && (_support?.Takes(content) ?? content switch
    {
        // A signature is worth something only where it was made; elsewhere it is refused.
        TextReasoningContent thought => ProviderData.NameOf(thought.AdditionalProperties) is not { } maker
            || string.Equals(maker, _provider, StringComparison.OrdinalIgnoreCase),
        DataContent { Data.IsEmpty: true } => false,
        UriContent link => IsImage(link) && link.Uri.Scheme is "http" or "https",
        DataContent { MediaType: "audio/wav" or "audio/mpeg" or "audio/mp3" or "application/pdf" } => true,
        DataContent data => IsImage(data) || data.HasTopLevelMediaType("text"),
        HostedFileContent => true,
        _ => false,
    });

    private bool TakesInResult(AIContent content) => _support?.TakesInToolResult(content) ?? false;

    private static bool IsImage(UriContent link) => link.HasTopLevelMediaType("image");

    private static bool IsImage(DataContent data) => data.HasTopLevelMediaType("image");
}
