using System.Globalization;
using AgentStream.Grains.Chat;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Output;

/// <summary>Holds a response to its bounds while it streams.</summary>
internal sealed class AnswerBounds(AgentStreamOptions options)
{
    // What it costs to keep a part, whatever is in it: a million parts of a character each are no short answer.
    private const int PartLength = 100;

    private long _length;
    private int _calls;

    /// <summary>The most bytes of a call's arguments.</summary>
    public int MaxArguments => options.MaxToolArguments;

    /// <summary>The next response begins.</summary>
    public void Begin() => (_length, _calls) = (0, 0);

    /// <summary>Counts what an update brings.</summary>
    /// <exception cref="RunException">The response is too long with it.</exception>
    public void Take(ChatResponseUpdate update)
    {
        foreach (var content in update.Contents)
        {
            Take(ContentLength.Of(content));
        }
    }

    /// <summary>Counts a part.</summary>
    /// <exception cref="RunException">The response is too long with it, or has too many calls.</exception>
    public void Take(OpenPart part)
    {
        Take(PartLength);
        if (part.Call is not null && ++_calls > options.MaxToolCallsPerAnswer)
        {
            throw Broken($"the model made more than {options.MaxToolCallsPerAnswer} tool calls in one answer", nameof(options.MaxToolCallsPerAnswer));
        }
    }

    private void Take(long length)
    {
        _length += length;
        if (_length > options.MaxAnswerLength)
        {
            throw Broken(string.Create(CultureInfo.InvariantCulture, $"the model's answer is longer than {options.MaxAnswerLength} characters"), nameof(options.MaxAnswerLength));
        }
    }

    private static RunException Broken(string what, string setting) => new($"{what} ({AgentStreamOptions.Section}:{setting})", FailureReasons.Limit);
}
