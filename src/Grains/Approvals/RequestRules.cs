using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Messages;
using Json.Schema;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Approvals;

/// <summary>What answers to requests are held to, and the words for those that were not given.</summary>
internal static class RequestRules
{
    /// <summary>The result of a call that was asked about when the next prompt came.</summary>
    public const string Declined = "The call was not made: the user sent a new message instead of answering.";

    /// <summary>The result of a call that nobody allowed in time.</summary>
    public const string Expired = "The call was not made: nobody approved it in time.";

    /// <summary>The result of a call that the client did not carry out in time.</summary>
    public const string ClientExpired = "The call has no result: the client did not answer in time.";

    /// <summary>The result of a call that was not allowed without a reason, in pydantic-ai's words.</summary>
    public const string Denied = "The tool call was denied.";

    /// <summary>The longest reason, in characters.</summary>
    public const int MaxReasonLength = 4096;

    /// <summary>The answer to a request that got none in time.</summary>
    public static RequestAnswer Expire(PendingRequest request) => request.Kind == PendingRequestKind.Approval
        ? new ApprovalAnswer(request.RequestId, IsApproved: false, Expired)
        : new ToolResultAnswer(request.RequestId, ChatJson.ToElement(ClientExpired).GetRawText(), IsError: true);

    /// <summary>Refuses an answer that breaks a rule whatever the request.</summary>
    /// <exception cref="InvalidInputException">It does.</exception>
    public static void Check(RequestAnswer answer)
    {
        switch (answer)
        {
            case ApprovalAnswer { Reason.Length: > MaxReasonLength }:
                throw new InvalidInputException(Protocol.Fields.Reason, $"must not be longer than {MaxReasonLength} characters");
            case ApprovalAnswer { IsApproved: false, Arguments: not null }:
                throw new InvalidInputException(Protocol.Fields.Args, "must not be given with a call that is not allowed");
            case ApprovalAnswer { IsApproved: false, Memory: not ApprovalMemory.None }:
                throw new InvalidInputException(Protocol.Fields.Remember, "must not be given with a call that is not allowed");
            case ApprovalAnswer { Arguments: { } arguments } when Parse(Protocol.Fields.Args, arguments).ValueKind != JsonValueKind.Object:
                throw new InvalidInputException(Protocol.Fields.Args, "must be a JSON object");
            case ToolResultAnswer result:
                Parse(Protocol.Fields.Content, result.Content);
                break;
        }
    }

    /// <summary>Refuses arguments that do not fit a tool's schema.</summary>
    /// <exception cref="InvalidInputException">They do not; the exception names the first field that is wrong.</exception>
    public static void Check(AIFunctionDeclaration tool, string arguments)
    {
        EvaluationResults results;
        try
        {
            results = JsonSchema.FromText(tool.JsonSchema.GetRawText()).Evaluate(Parse(Protocol.Fields.Args, arguments), new EvaluationOptions { OutputFormat = OutputFormat.List });
        }
        catch (Exception e) when (e is not InvalidInputException)
        {
            // A schema that is none says nothing.
            return;
        }

        if (!results.IsValid && results.Details?.FirstOrDefault(detail => detail.Errors?.Count > 0) is { } wrong)
        {
            throw new InvalidInputException(Protocol.Fields.Args + wrong.InstanceLocation, $"does not fit the schema of {tool.Name}: {wrong.Errors!.Values.First()}");
        }
    }

    /// <summary>Whether two answers say the same.</summary>
    public static bool AreSame(RequestAnswer one, RequestAnswer other) => (one, other) switch
    {
        (ApprovalAnswer a, ApprovalAnswer b) => a with { Arguments = null } == b with { Arguments = null } && AreSame(a.Arguments, b.Arguments),
        (ToolResultAnswer a, ToolResultAnswer b) => a.IsError == b.IsError && AreSame(a.Content, b.Content),
        _ => false,
    };

    /// <summary>Whether arguments are those of a rule, whatever the order of their fields.</summary>
    public static bool AreSame(string json, JsonElement other) => JsonElement.DeepEquals(Parse(Protocol.Fields.Args, json), other);

    /// <summary>JSON that came with an answer.</summary>
    /// <exception cref="InvalidInputException">It is none.</exception>
    public static JsonElement Parse(string field, string json)
    {
        try
        {
            var value = JsonElement.Parse(json, JsonValues.ReadingValue);
            return JsonFaults.Of(value) is { } fault ? throw new InvalidInputException(field, $"must not have {fault}") : value;
        }
        catch (JsonException)
        {
            throw new InvalidInputException(field, "must be JSON");
        }
    }

    private static bool AreSame(string? one, string? other) => one is null || other is null ? one == other : AreSame(one, Parse(Protocol.Fields.Args, other));
}
