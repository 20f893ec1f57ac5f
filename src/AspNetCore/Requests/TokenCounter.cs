using System.Buffers;
using System.Text.Json;

namespace AgentStream.AspNetCore.Requests;

/// <summary>Counts the values and names of a body while it comes, so that one with too many is refused before it is held in memory. What is no JSON is not counted on: the parser says what is wrong.</summary>
internal sealed class TokenCounter
{
    /// <summary>The most values and names in a body. A conversation has far fewer; in memory they take many times the length that they have in a body.</summary>
    internal const int MaxTokens = 500_000;

    // A text that has not come whole is looked at again from its beginning: so only when there is twice as much.
    private const int FirstLook = 256 * 1024;

    // Deeper than any body may be: what is too deep is refused when it is parsed, and counted until then.
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = Protocol.MaxJsonDepth * 2 });
    private long _taken;
    private long _next = FirstLook;
    private int _count;
    private bool _isOver;

    /// <summary>Whether what has come is worth a look.</summary>
    /// <param name="length">How much has come, in bytes.</param>
    /// <param name="isWhole">Whether that is all.</param>
    public bool Wants(long length, bool isWhole) => !_isOver && (isWhole || length >= _next);

    /// <summary>Counts what has come, when it is worth a look.</summary>
    /// <param name="body">The body from its beginning, as far as it has come.</param>
    /// <param name="isWhole">Whether that is all.</param>
    /// <exception cref="InvalidInputException">There are too many.</exception>
    public void Take(in ReadOnlySequence<byte> body, bool isWhole)
    {
        if (!Wants(body.Length, isWhole))
        {
            return;
        }

        _next = body.Length * 2;
        var reader = new Utf8JsonReader(body.Slice(_taken), isWhole, _state);
        try
        {
            while (reader.Read())
            {
                if (++_count > MaxTokens)
                {
                    throw new InvalidInputException(JsonBody.Field, $"must not have more than {MaxTokens} values and names");
                }
            }
        }
        catch (JsonException)
        {
            _isOver = true;
        }

        (_state, _taken) = (reader.CurrentState, _taken + reader.BytesConsumed);
    }
}
