using System.Text.Json;
using AgentStream.Events;

namespace AgentStream.AspNetCore.Requests;

/// <summary>Reads the tools that a client gives with a prompt, the field <c>tools</c>: <c>[{"name","description"?,"parameters"?}]</c>.</summary>
internal static class ToolFields
{
    /// <summary>Reads and checks the tools.</summary>
    /// <param name="root">The body.</param>
    /// <param name="fields">Takes what is wrong.</param>
    /// <returns>The tools; null for none, and when they are wrong.</returns>
    public static IReadOnlyList<ClientTool>? Read(JsonElement root, JsonFields fields)
    {
        if (root.Field(Protocol.Fields.Tools) is not { ValueKind: not JsonValueKind.Null } given)
        {
            return null;
        }

        if (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() > RunRequestRules.MaxTools)
        {
            fields.Wrong(Protocol.Fields.Tools, $"must be an array of at most {RunRequestRules.MaxTools} tools");
            return null;
        }

        var tools = new List<ClientTool>();
        foreach (var (at, tool) in given.EnumerateArray().Index())
        {
            if (Read(tool, $"{Protocol.Fields.Tools}[{at}]", fields) is { } read)
            {
                tools.Add(read);
            }
        }

        // Where one is wrong, the places of the others are no longer those of the body.
        if (tools.Count == 0 || tools.Count < given.GetArrayLength())
        {
            return null;
        }

        try
        {
            RunRequestRules.ThrowIfInvalidTools(tools);
            return tools;
        }
        catch (InvalidInputException e)
        {
            fields.Wrong(e.Field, e.Rule);
            return null;
        }
    }

    private static ClientTool? Read(JsonElement tool, string path, JsonFields fields)
    {
        if (tool.ValueKind != JsonValueKind.Object)
        {
            fields.Wrong(path, $"must be an object, but is {JsonFields.Describe(tool.ValueKind)}");
            return null;
        }

        var name = fields.Text(tool, Protocol.Fields.Name, $"{path}.{Protocol.Fields.Name}", text => text is null ? "is required" : null);
        var description = fields.Text(tool, Protocol.Fields.Description, $"{path}.{Protocol.Fields.Description}", _ => null);
        var parameters = tool.Field(Protocol.Fields.Parameters) is { ValueKind: not JsonValueKind.Null } schema ? schema.GetRawText() : null;
        return name is null ? null : new ClientTool(name, description, parameters);
    }
}
