using AgentStream.Grains.Output;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Runs;

/// <summary>
/// Decides which answers of a model are errors of the run. Chat clients do not agree on what they throw for: some end a stream that was cut
/// as if all were well, some give an error as a content, some give an empty answer.
/// </summary>
internal static class AnswerRules
{
    /// <summary>A finish reason that says that the model failed. Microsoft.Extensions.AI has no name for it.</summary>
    public static readonly ChatFinishReason Error = new("error");

    // Any other is a word of the endpoint's.
    private static readonly ChatFinishReason[] Known = [ChatFinishReason.Stop, ChatFinishReason.Length, ChatFinishReason.ToolCalls, ChatFinishReason.ContentFilter];

    /// <summary>What an update says went wrong: one with an <see cref="ErrorContent"/>, or with <see cref="Error"/>.</summary>
    public static RunException Failure(ChatResponseUpdate update)
    {
        if (update.Contents.OfType<ErrorContent>().FirstOrDefault() is not { } error)
        {
            return new RunException("the model failed within its answer: its finish reason is 'error'", FailureReasons.ModelFailed);
        }

        var code = string.IsNullOrEmpty(error.ErrorCode) ? "" : $" ({error.ErrorCode})";
        var details = string.IsNullOrEmpty(error.Details) ? "" : $": {error.Details}";
        var words = string.IsNullOrEmpty(error.Message) ? "it does not say why" : error.Message;
        return new RunException($"the model failed within its answer: {words}{code}{details}", FailureReasons.ModelFailed, "the model failed within its answer");
    }

    /// <summary>Checks the last response of a stream that has ended.</summary>
    /// <exception cref="RunException">It broke off, or is empty.</exception>
    public static void Check(NodeWriter node, AgentBounds bounds)
    {
        if (node.FinishReason is null && bounds.NeedsFinishReason)
        {
            // So do the clients of Microsoft.Extensions.AI: each gives the reason with its last update, and none when its stream was cut.
            throw new RunException(
                "the model broke its stream off before the end of the answer: there is no finish reason "
                + $"({nameof(AgentBuilder)}.{nameof(AgentBuilder.WithoutFinishReasons)} is for chat clients that never give one)",
                FailureReasons.ModelFailed);
        }

        if (!node.HasAnswer)
        {
            var known = node.FinishReason is not { } reason ? "no finish reason" : Known.Contains(reason) ? reason.Value : null;
            throw new RunException(
                $"the model's answer is empty ({known ?? node.FinishReason!.Value.Value})",
                FailureReasons.ModelFailed,
                $"the model's answer is empty{(known is null ? "" : $" ({known})")}");
        }
    }
}
