using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>
/// Something in a history that stands in JSON by itself: a message, a part, an item of what a user said, a usage. One that was read remembers
/// its JSON, and is written back as it was: fields that nobody here knows, old names, the form of a timestamp. Of one that was changed
/// (a copy by <c>with</c>), only what changed is written anew. How an item was written has no part in its equality.
/// </summary>
public abstract record MessageElement
{
    private protected MessageElement()
    {
    }

    /// <summary>What it was read from; null when it was made here. A copy keeps it, so the two can be compared.</summary>
    internal HistoryOrigin? Origin { get; set; }

    /// <inheritdoc/>
    public virtual bool Equals(MessageElement? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <inheritdoc/>
    public override int GetHashCode() => EqualityContract.GetHashCode();
}

/// <summary>What an item was read from.</summary>
/// <param name="Json">The JSON.</param>
/// <param name="Item">The item as it was read.</param>
internal sealed record HistoryOrigin(JsonElement Json, MessageElement Item);
