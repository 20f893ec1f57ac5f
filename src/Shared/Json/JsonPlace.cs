using System.Globalization;
using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>A JSON value and where it stands, so that an error can name it.</summary>
internal sealed class JsonPlace
{
    // Numbers beyond this are milliseconds, as pydantic reads them: as seconds they would be later than the year 2603.
    private const double MaxSeconds = 2e10;

    private readonly JsonPlace? _parent;
    private readonly string? _name;
    private readonly int _index;

    private JsonPlace(JsonElement value, JsonPlace? parent, string? name, int index) =>
        (Value, _parent, _name, _index) = (value, parent, name, index);

    public JsonElement Value { get; }

    /// <summary>Absent or null.</summary>
    public bool IsMissing => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>The whole document, under the name that errors give it.</summary>
    public static JsonPlace Root(JsonElement value, string name) => new(value, null, name, 0);

    /// <summary>A field of this object, by its name or an older one; it may be absent.</summary>
    public JsonPlace Field(string name)
    {
        if (!Value.TryGetProperty(name, out var value))
        {
            foreach (var older in OlderNames.Of(name))
            {
                if (Value.TryGetProperty(older, out value))
                {
                    return new JsonPlace(value, this, older, 0);
                }
            }
        }

        return new JsonPlace(value, this, name, 0);
    }

    /// <summary>The items of this array.</summary>
    public IEnumerable<JsonPlace> Items() => Value.ValueKind == JsonValueKind.Array
        ? Value.EnumerateArray().Select((item, index) => new JsonPlace(item, this, null, index))
        : throw Error("must be an array");

    /// <summary>An item of this array that was parsed by itself.</summary>
    public JsonPlace Item(JsonElement value, int index) => new(value, this, null, index);

    /// <summary>This object.</summary>
    public JsonPlace Object() => Value.ValueKind == JsonValueKind.Object ? this : throw Error("must be an object");

    public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Error("must be a string");

    public string? TextOrNull() => IsMissing ? null : Text();

    /// <summary>Any value.</summary>
    public JsonElement? JsonOrNull() => IsMissing ? null : Value;

    /// <summary>A whole number; 0 when it is missing.</summary>
    public long Count()
    {
        if (IsMissing)
        {
            return 0;
        }

        if (Value.ValueKind == JsonValueKind.Number && TryGetWhole(Value, out var count))
        {
            return count;
        }

        throw Error("must be a whole number");
    }

    /// <summary>Reads 12, and 12.0 as well.</summary>
    public static bool TryGetWhole(JsonElement number, out long whole)
    {
        if (number.TryGetInt64(out whole))
        {
            return true;
        }

        if (number.TryGetDecimal(out var value) && decimal.IsInteger(value) && value is >= long.MinValue and <= long.MaxValue)
        {
            whole = (long)value;
            return true;
        }

        return false;
    }

    /// <summary>A point in time: ISO 8601, in UTC where it does not say, or seconds or milliseconds since 1970.</summary>
    public DateTimeOffset? Time()
    {
        const string Rule = "must be a time as of ISO 8601, or seconds since 1970";
        switch (Value.ValueKind)
        {
            case JsonValueKind.Undefined or JsonValueKind.Null:
                return null;
            case JsonValueKind.String when Value.GetString() is [_, _, _, _, '-', ..] text
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time):
                return time;
            case JsonValueKind.Number when Value.TryGetDouble(out var number):
                var milliseconds = Math.Abs(number) > MaxSeconds ? number : number * 1000;
                return milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                    ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds)
                    : throw Error(Rule);
            default:
                throw Error(Rule);
        }
    }

    public InvalidInputException Error(string rule) => new(ToString(), rule);

    /// <summary>The path, as in <c>messages[2].parts[0].part_kind</c>.</summary>
    public override string ToString() =>
        _name is null ? $"{_parent}[{_index}]"
        : _parent is null ? _name
        : $"{_parent}.{_name}";
}
