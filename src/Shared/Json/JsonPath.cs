using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>
/// Where a reader is in a document, as in <c>messages[2].parts[0].args</c>. Nothing is put into words until someone asks.
/// </summary>
/// <param name="root">What errors call the document.</param>
internal sealed class JsonPath(string root)
{
    // Where it is that deep, the beginning says enough.
    private const int MostShown = 8;

    private static readonly JsonReaderOptions Reading = new() { MaxDepth = JsonValues.MaxDepth };

    private readonly List<Level> _levels = [];

    /// <summary>How deep the reader is, the container that has just begun among them.</summary>
    public int Depth => _levels.Count;

    /// <summary>Takes note of the token that was just read.</summary>
    public void Follow(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.EndArray or JsonTokenType.EndObject:
                _levels.RemoveAt(_levels.Count - 1);
                return;
            case JsonTokenType.PropertyName:
                _levels[^1] = _levels[^1] with { NameAt = (int)reader.TokenStartIndex };
                return;
        }

        if (_levels is [.., { IsArray: true } array])
        {
            _levels[^1] = array with { Index = array.Index + 1 };
        }

        if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            _levels.Add(new Level(reader.TokenType == JsonTokenType.StartArray, -1, -1));
        }
    }

    /// <summary>The path of the token that was just read; a container's own path where it has just begun.</summary>
    public string ToString(ReadOnlySpan<byte> json) => Write(json, 0);

    /// <summary>The path of the value that comes next.</summary>
    public string ToNext(ReadOnlySpan<byte> json) => Write(json, 1);

    private string Write(ReadOnlySpan<byte> json, int next)
    {
        var path = new StringBuilder(root);
        for (var i = 0; i < Math.Min(_levels.Count, MostShown); i++)
        {
            var level = _levels[i];
            var index = level.Index + (i == _levels.Count - 1 ? next : 0);
            if (level.IsArray && index >= 0)
            {
                path.Append(CultureInfo.InvariantCulture, $"[{index}]");
            }
            else if (level.NameAt >= 0)
            {
                path.Append('.').Append(Name(json[level.NameAt..]));
            }
        }

        return _levels.Count > MostShown ? path.Append("...").ToString() : path.ToString();
    }

    private static string Name(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(Reading));
        try
        {
            return reader.Read() ? reader.GetString()! : "?";
        }
        catch (InvalidOperationException)
        {
            return "?";
        }
    }

    private readonly record struct Level(bool IsArray, int Index, int NameAt);
}
