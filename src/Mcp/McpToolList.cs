using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>Asks a server for its tools, page by page, and takes each that can be used, whatever the others are like.</summary>
/// <param name="requests">The way to the server.</param>
/// <param name="wanted">The tools that the agent takes, as the server names them; empty for all.</param>
internal sealed class McpToolList(McpRequests requests, IEnumerable<string> wanted)
{
    internal const int MaxPages = 1000;
    internal const int MaxTools = 10_000;

    /// <summary>The most characters of all pages; a model could read no such list.</summary>
    internal const int MaxLength = 16_000_000;

    /// <summary>The longest schema of a tool's arguments, in bytes: no endpoint takes more.</summary>
    internal const int MaxSchema = 128 * 1024;

    // So many pages without a tool that is new, and a list is taken to have no end.
    internal const int MaxIdlePages = 10;

    private readonly HashSet<string> _missing = wanted.ToHashSet(StringComparer.Ordinal);
    private readonly bool _isAll = !wanted.Any();
    // Each as it was told, without the page that it stood in.
    private readonly Dictionary<string, string?> _seen = new(StringComparer.Ordinal);
    private readonly List<McpToolDefinition> _tools = [];
    private readonly List<string> _warnings = [];
    private long _length;
    private bool _isFull;

    /// <summary>What the user should know of the list: each a sentence that continues the server's name.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Asks for all pages.</summary>
    /// <returns>The tools that are wanted and can be used, each name once.</returns>
    public async Task<IReadOnlyList<McpToolDefinition>> ReadAsync(CancellationToken cancellationToken)
    {
        var cursors = new HashSet<string>(StringComparer.Ordinal);
        var (cursor, idle) = (default(JsonValue), 0);
        for (var pages = 1; ; pages++)
        {
            var parameters = cursor is null ? [] : new JsonObject { ["cursor"] = cursor.DeepClone() };
            var page = await requests.SendAsync(RequestMethods.ToolsList, parameters, cancellationToken) as JsonObject;
            idle = AddPage(page) ? 0 : idle + 1;
            cursor = Next(page);
            _length += cursor?.ToJsonString().Length ?? 0;
            var end = _isFull ? $"it has more than {MaxTools}"
                : _length > MaxLength ? $"it is longer than {MaxLength} characters"
                : cursor is null ? ""
                : !cursors.Add(cursor.ToJsonString()) ? "the server gave the same cursor twice"
                : idle == MaxIdlePages ? $"the last {MaxIdlePages} pages had no tool that is new"
                : pages == MaxPages ? $"it has more than {MaxPages} pages"
                : null;
            if (end is null)
            {
                continue;
            }

            if (end.Length > 0)
            {
                _warnings.Add($"has a list of tools that is cut after {_seen.Count} tools: {end}.");
            }

            if (_missing.Count > 0)
            {
                _warnings.Add($"has no tool {string.Join(", ", _missing)}, which its agent wants.");
            }

            return _tools;
        }
    }

    private static JsonValue? Next(JsonObject? page) =>
        page?["nextCursor"] is JsonValue cursor
        && cursor.GetValueKind() is JsonValueKind.String or JsonValueKind.Number
        && Whole(cursor) is not (null or "\"\"")
            ? cursor
            : null;

    private static string? Whole(JsonNode? json)
    {
        try
        {
            return json?.ToJsonString();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // Text that is no valid Unicode.
            return null;
        }
    }

    /// <summary>Adds the tools of a page.</summary>
    /// <returns>Whether there was one that is new.</returns>
    private bool AddPage(JsonObject? page)
    {
        if (page?["tools"] is not JsonArray tools)
        {
            Warn("answered with a list of tools that has none.", true);
            return false;
        }

        var seen = _seen.Count;
        foreach (var definition in tools)
        {
            if ((_isFull = _seen.Count == MaxTools) || _length > MaxLength)
            {
                break;
            }

            Add(definition);
        }

        return _seen.Count > seen;
    }

    private void Add(JsonNode? definition)
    {
        if (McpToolDefinition.NameOf(definition) is not { } name)
        {
            Warn("has a tool without a name that can be read; it is left out.", _isAll);
        }
        else if (Whole(definition) is var whole && !_seen.TryAdd(name, whole))
        {
            Warn($"has two tools named '{name}'; the first is taken.", IsWanted(name) && _seen[name] != whole);
        }
        else if ((_length += whole?.Length ?? name.Length) > MaxLength)
        {
            _seen.Remove(name);
        }
        else if (IsWanted(name))
        {
            _missing.Remove(name);
            try
            {
                var tool = McpToolDefinition.Read(name, definition!);
                if (JsonMarshal.GetRawUtf8Value(tool.InputSchema).Length > MaxSchema)
                {
                    throw new FormatException($"its inputSchema is longer than {MaxSchema} bytes");
                }

                _tools.Add(tool);
            }
            catch (FormatException e)
            {
                Warn($"has a tool '{name}' that is left out: {e.Message}.", true);
            }
        }
    }

    private bool IsWanted(string name) => _isAll || wanted.Contains(name, StringComparer.Ordinal);

    private void Warn(string warning, bool isOfUse)
    {
        if (isOfUse && !_warnings.Contains(warning))
        {
            _warnings.Add(warning);
        }
    }
}
