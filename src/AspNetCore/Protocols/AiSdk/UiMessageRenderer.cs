using System.Text.Json;

namespace AgentStream.AspNetCore.Protocols.AiSdk;

/// <summary>A run as a UI message stream of the AI SDK: one assistant message, a step for each node.</summary>
/// <param name="frames">Takes the frames.</param>
/// <param name="session">The session.</param>
/// <param name="major">The major version of the AI SDK that reads: approvals came with 6, <c>reset-step</c> with 7.</param>
/// <param name="answers">The answers that the run continues with, in the client's message; null for a run with a message of its own.</param>
/// <remarks>https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol; the schema is <c>uiMessageChunkSchema</c> in the npm package <c>ai</c>.</remarks>
internal sealed class UiMessageRenderer(FrameWriter frames, string session, int major, AiSdkAnswers? answers = null)
    : RunRenderer(frames, isReplaced: true, answers?.Calls.Select(call => (ShownCalls.ModelId(call.Shown), call.Shown, call.IsOpen)))
{
    private bool _isStepOpen;

    // A node has begun, and its step will with the first thing that it shows: the results that it carries belong to the step of their calls.
    private bool _isStepDue;
    private string _partId = "";

    /// <inheritdoc/>
    // The same id however often the message is streamed, and another for each run.
    protected override void RunBegan() => Frame("start", json => json.WriteString("messageId"u8, answers?.MessageId ?? MessageId.OfAnswer(session, Cursor)));

    /// <inheritdoc/>
    protected override void NodeBegan(int idx, bool again)
    {
        if (again && !_isStepDue && major >= 7)
        {
            Frame("reset-step");
            return;
        }

        _isStepDue = true;
    }

    /// <inheritdoc/>
    protected override void PartBegan(bool isThought)
    {
        BeginStep();
        _partId = Cursor.ToString();
        Part(isThought ? "reasoning-start" : "text-start");
    }

    /// <inheritdoc/>
    protected override void PartWent(bool isThought, string delta)
    {
        var json = Frames.Begin(isThought ? "reasoning-delta" : "text-delta");
        json.WriteString("id"u8, _partId);
        json.WriteString("delta"u8, delta);
        Frames.End();
    }

    /// <inheritdoc/>
    protected override void PartEnded(bool isThought) => Part(isThought ? "reasoning-end" : "text-end");

    /// <inheritdoc/>
    protected override void ToolCalled(string id, string name, JsonElement args)
    {
        BeginStep();
        Tool("tool-input-start", id, json => json.WriteString("toolName"u8, name));
        Tool("tool-input-available", id, json => WriteInput(json, name, args));
    }

    /// <inheritdoc/>
    protected override void ToolReturned(string id, bool isOfRun, JsonElement content)
    {
        // A call of an earlier run, that a cancel left open, is in no part of this message; the client would break off.
        if (isOfRun)
        {
            Tool("tool-output-available", id, json =>
            {
                json.WritePropertyName("output"u8);
                content.WriteTo(json);
            });
        }
    }

    /// <inheritdoc/>
    protected override void ToolDenied(string id, JsonElement content)
    {
        if (major >= 6)
        {
            Frame("tool-output-denied", json => json.WriteString("toolCallId"u8, id));
        }
        else
        {
            ToolReturned(id, isOfRun: true, content);
        }
    }

    /// <inheritdoc/>
    protected override void Requested(string requestId, string id, string name, bool isApproval, JsonElement args)
    {
        if (!isApproval)
        {
            // The call was shown as the silo's, since nobody knew better. This time the client's onToolCall is asked.
            Tool("tool-input-available", id, json => WriteInput(json, name, args), isOfSilo: false);
        }
        else if (major >= 6)
        {
            Frame("tool-approval-request", json =>
            {
                json.WriteString("approvalId"u8, requestId);
                json.WriteString("toolCallId"u8, id);
            });
        }
    }

    /// <inheritdoc/>
    protected override void Noted(string type, JsonElement body) => Frame($"data-{type}", json =>
    {
        json.WritePropertyName("data"u8);
        body.WriteTo(json);
    });

    /// <inheritdoc/>
    protected override void RunEnded(Ending? ending)
    {
        EndStep();
        if (ending is null)
        {
            Frame("finish");
        }
        else if (ending.Code == Canceled)
        {
            Frame("abort", json => json.WriteString("reason"u8, ending.Message));
            Frame("finish", json => json.WriteString("finishReason"u8, major >= 7 ? "interrupted" : "other"));
        }
        else
        {
            // Beside the error, which older clients take with its text only. Transient: for onData, and in no message.
            if (ending.Failure is { } failure)
            {
                Frame("data-failure", json =>
                {
                    json.WritePropertyName("data"u8);
                    failure.Body.WriteTo(json);
                    json.WriteBoolean("transient"u8, true);
                });
            }

            Frame("error", json => json.WriteString("errorText"u8, ending.Message));
        }

        Frames.Write("[DONE]"u8);
    }

    private void BeginStep()
    {
        if (_isStepDue)
        {
            EndStep();
            Frame("start-step");
            (_isStepOpen, _isStepDue) = (true, false);
        }
    }

    private void EndStep()
    {
        if (_isStepOpen)
        {
            Frame("finish-step");
            _isStepOpen = false;
        }
    }

    private void Part(string type) => Frame(type, json => json.WriteString("id"u8, _partId));

    private static void WriteInput(Utf8JsonWriter json, string name, JsonElement args)
    {
        json.WriteString("toolName"u8, name);
        json.WritePropertyName("input"u8);
        args.WriteTo(json);
    }

    // Where the silo makes the call, the client's onToolCall has nothing to do.
    private void Tool(string type, string id, Action<Utf8JsonWriter> fields, bool isOfSilo = true) => Frame(type, json =>
    {
        json.WriteString("toolCallId"u8, id);
        fields(json);
        json.WriteBoolean("providerExecuted"u8, isOfSilo);
    });

    private void Frame(string type, Action<Utf8JsonWriter>? fields = null)
    {
        var json = Frames.Begin(type);
        fields?.Invoke(json);
        Frames.End();
    }
}
