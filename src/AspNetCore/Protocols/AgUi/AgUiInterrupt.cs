using System.Text.Json;

namespace AgentStream.AspNetCore.Protocols.AgUi;

/// <summary>A call that waits for somebody.</summary>
internal sealed record AgUiInterrupt(string Id, string CallId, string ToolName, bool IsApproval, JsonElement Args)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, Id);
        json.WriteString("reason"u8, IsApproval ? Protocol.Requests.ApprovalRequested : Protocol.Requests.ToolRequested);
        json.WriteString("message"u8, IsApproval ? $"May {ToolName} be called?" : $"{ToolName} is to be carried out by the client.");
        json.WriteString("toolCallId"u8, CallId);
        json.WriteStartObject("metadata"u8);
        json.WriteString("toolName"u8, ToolName);
        json.WritePropertyName("args"u8);
        Args.WriteTo(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
