using System.Collections;

namespace AgentStream.Logs;

/// <summary>What a log may have of a scope. It is made harmless when somebody reads it: most scopes are read by nobody.</summary>
internal static class SafeScope
{
    /// <summary>A scope with the same text and the same values, made harmless.</summary>
    public static object Of(object state, IReadOnlyList<string>? secrets) => state switch
    {
        IReadOnlyList<KeyValuePair<string, object?>> values => new Values(state, values, secrets),
        IEnumerable<KeyValuePair<string, object?>> values => new Values(state, [.. values], secrets),
        _ => new Words(state, secrets),
    };

    private static string Text(object state, IReadOnlyList<string>? secrets) => SafeText.Escaped(Secrets.Redacted(state.ToString() ?? "", secrets));

    private sealed class Words(object state, IReadOnlyList<string>? secrets)
    {
        public override string ToString() => Text(state, secrets);
    }

    private sealed class Values(object state, IReadOnlyList<KeyValuePair<string, object?>> values, IReadOnlyList<string>? secrets) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public int Count => values.Count;

        public KeyValuePair<string, object?> this[int index] => SafeEntry.Value(values[index], secrets);

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
        {
            for (var i = 0; i < Count; i++)
            {
                yield return this[i];
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => Text(state, secrets);
    }
}
