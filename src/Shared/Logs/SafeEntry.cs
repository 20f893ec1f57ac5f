using System.Collections;

namespace AgentStream.Logs;

/// <summary>An entry of a log, its values and its text made harmless. What is no text stays what it is.</summary>
internal sealed class SafeEntry(IReadOnlyList<KeyValuePair<string, object?>> values, string text, IReadOnlyList<string>? secrets) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly string _text = Safe(text, secrets);

    public int Count => values.Count;

    public KeyValuePair<string, object?> this[int index] => Value(values[index], secrets);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => _text;

    /// <summary>A value, made harmless. What is no text stays what it is.</summary>
    public static KeyValuePair<string, object?> Value(KeyValuePair<string, object?> value, IReadOnlyList<string>? secrets) => new(value.Key, Safe(value.Value, secrets));

    private static string Safe(string text, IReadOnlyList<string>? secrets) => SafeText.Escaped(Secrets.Redacted(text, secrets));

    private static object? Safe(object? value, IReadOnlyList<string>? secrets)
    {
        if (value is null || value.GetType().IsPrimitive || value.ToString() is not { } words)
        {
            return value;
        }

        var safe = Safe(words, secrets);
        return safe == words ? value : safe;
    }
}
