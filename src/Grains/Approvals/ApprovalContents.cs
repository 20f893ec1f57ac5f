using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream;

/// <summary>Requests and answers as contents of Microsoft.Extensions.AI, for programs whose dialogs are made for those.</summary>
public static class ApprovalContents
{
    /// <summary>Makes the content that asks for an approval.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The content. <see cref="ToolApprovalRequestContent.CreateResponse"/> makes the answer to it, for <see cref="ToAnswer(ToolApprovalResponseContent)"/>.</returns>
    /// <exception cref="ArgumentException">The call is for the client to carry out: <see cref="ToCall"/>.</exception>
    public static ToolApprovalRequestContent ToContent(this PendingRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Kind == PendingRequestKind.Approval
            ? new ToolApprovalRequestContent(request.RequestId, request.ToCall())
            : throw new ArgumentException($"The call of {request.ToolName} needs no approval: it is for the client to carry out.", nameof(request));
    }

    /// <summary>Makes the content of the call that waits.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The call. A <see cref="FunctionResultContent"/> with its id is the answer of a client that carried it out, for <see cref="ToAnswer(FunctionResultContent)"/>.</returns>
    public static FunctionCallContent ToCall(this PendingRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var arguments = JsonElement.Parse(request.Arguments, JsonValues.Reading);
        return new FunctionCallContent(request.ToolCallId, request.ToolName, arguments.EnumerateObject().ToDictionary(field => field.Name, field => (object?)field.Value));
    }

    /// <summary>Makes the answer of a response.</summary>
    /// <param name="response">The response. Its reason counts where the call is not approved; the call's arguments stay the model's.</param>
    /// <returns>The answer.</returns>
    public static ApprovalAnswer ToAnswer(this ToolApprovalResponseContent response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return new ApprovalAnswer(response.RequestId, response.Approved, response.Approved ? null : response.Reason);
    }

    /// <summary>Makes the answer of a result.</summary>
    /// <param name="result">The result of a call that the client carried out. One with an exception is an error, in the exception's words unless it has a result, too.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="NotSupportedException">The result is no data.</exception>
    public static ToolResultAnswer ToAnswer(this FunctionResultContent result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new ToolResultAnswer(result.CallId, ChatJson.ToElement(result.Result ?? result.Exception?.Message).GetRawText(), result.Exception is not null);
    }
}
