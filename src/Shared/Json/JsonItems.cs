using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>The items of a JSON array, each parsed by itself: a long history that is taken apart as a whole takes several times its length, and a part that is kept keeps all of it.</summary>
internal static class JsonItems
{
    /// <summary>Finds the items of an array.</summary>
    /// <param name="array">JSON that was looked through already.</param>
    /// <param name="place">What errors call it.</param>
    /// <exception cref="InvalidInputException">It is no array.</exception>
    public static List<Range> Find(ReadOnlySpan<byte> array, JsonPlace place)
    {
        var reader = new Utf8JsonReader(array, new JsonReaderOptions { MaxDepth = int.MaxValue });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw place.Error("must be an array");
        }

        var items = new List<Range>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            items.Add(start..(int)reader.BytesConsumed);
        }

        return items;
    }

    /// <summary>Reads each item of an array.</summary>
    /// <inheritdoc cref="Find"/>
    public static T[] Read<T>(ReadOnlySpan<byte> array, JsonPlace place, Func<JsonPlace, T> read)
    {
        var items = Find(array, place);
        var all = new T[items.Count];
        for (var index = 0; index < all.Length; index++)
        {
            all[index] = read(Item(array, items, index, place));
        }

        return all;
    }

    /// <summary>Parses one item of an array.</summary>
    /// <param name="array">The array.</param>
    /// <param name="items">Where its items are, from <see cref="Find"/>.</param>
    /// <param name="index">Which one.</param>
    /// <param name="place">What errors call the array.</param>
    public static JsonPlace Item(ReadOnlySpan<byte> array, List<Range> items, int index, JsonPlace place) =>
        place.Item(JsonElement.Parse(array[items[index]], JsonValues.Reading), index);
}
