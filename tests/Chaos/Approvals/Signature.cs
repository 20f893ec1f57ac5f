using System.Globalization;
using System.Text.Json;

namespace AgentStream.Chaos.Approvals;

/// <summary>What a client's tool gives: a signature, or that it failed.</summary>
internal sealed class Signature(Random random)
{
    private readonly string _content = string.Create(CultureInfo.InvariantCulture, $"signed {random.Next()}");
    private readonly bool _isError = random.Next(4) == 0;

    /// <summary>The body of the request that gives it.</summary>
    public object Answer => new { content = _content, is_error = _isError };

    /// <summary>Whether a result of the history is this one.</summary>
    public bool Is(JsonElement result) =>
        result.GetProperty("tool_name").GetString() == GatedModel.Sign
        && result.GetProperty("outcome").GetString() == (_isError ? "failed" : "success")
        && result.GetProperty("content") is { ValueKind: JsonValueKind.String } content && content.GetString() == _content;
}
