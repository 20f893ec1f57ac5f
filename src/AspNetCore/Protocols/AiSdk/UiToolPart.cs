using System.Text.Json;

namespace AgentStream.AspNetCore.Protocols.AiSdk;

/// <summary>A call of a tool in an answer, in the state to which it has come.</summary>
/// <param name="shown">The id that it is shown under.</param>
/// <param name="name">The tool.</param>
/// <param name="args">The arguments: an object, or a text that is none.</param>
internal sealed class UiToolPart(string shown, string name, JsonElement args)
{
    /// <summary>The id that it is shown under.</summary>
    public string Shown => shown;

    /// <summary>Whether it has no result.</summary>
    public bool IsOpen => Result is null;

    /// <summary>Its result; null for none.</summary>
    public JsonElement? Result { get; set; }

    /// <summary>Whether a person has not allowed it.</summary>
    public bool IsDenied { get; set; }

    /// <summary>What it waits for; null for nothing.</summary>
    public PendingRequest? Request { get; set; }

    /// <summary>Writes its fields.</summary>
    /// <param name="json">Takes them.</param>
    /// <param name="major">The major version of the AI SDK that reads: approvals came with 6.</param>
    public void Write(Utf8JsonWriter json, int major)
    {
        var isApproval = major >= 6 && Request is { Kind: PendingRequestKind.Approval };
        var isDenied = major >= 6 && IsDenied;
        json.WriteString("type"u8, $"tool-{name}");
        json.WriteString("toolCallId"u8, shown);
        json.WriteString("state"u8, isApproval ? "approval-requested" : isDenied ? "output-denied" : IsOpen ? "input-available" : "output-available");
        json.WritePropertyName("input"u8);
        WriteInput(json);
        if (isApproval || isDenied)
        {
            json.WriteStartObject("approval"u8);
            json.WriteString("id"u8, Request?.RequestId ?? shown);
            if (isDenied)
            {
                json.WriteBoolean("approved"u8, false);
            }

            json.WriteEndObject();
        }

        if (Result is { } result && !isDenied)
        {
            json.WritePropertyName("output"u8);
            result.WriteTo(json);
        }

        // What has its result has no answer to come; for a call that waits for the client, onToolCall is asked.
        json.WriteBoolean("providerExecuted"u8, Request is not { Kind: not PendingRequestKind.Approval });
    }

    private void WriteInput(Utf8JsonWriter json)
    {
        if (args.ValueKind == JsonValueKind.String && args.ValueEquals(""u8))
        {
            json.WriteStartObject();
            json.WriteEndObject();
        }
        else
        {
            args.WriteTo(json);
        }
    }
}
