using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Names a key that has something else in it than it should: another program has written to it.</summary>
internal static class RedisForeignKeys
{
    /// <summary>What a script's error begins with that found a value in its second word, a key, that it could not have written.</summary>
    public const string Malformed = "MALFORMED";

    private const string WrongType = "WRONGTYPE";
    private const int MostShown = 100;

    /// <summary>Looks for such a key when an error says that there is one.</summary>
    /// <returns>What is wrong with which key, as part of a sentence; null when there is none.</returns>
    public static async Task<string?> FindAsync(IDatabase database, StorageOptions options, TimeProvider time, Exception error, IReadOnlyList<RedisKey> keys)
    {
        if (error.Message.Contains(Malformed, StringComparison.Ordinal))
        {
            var words = error.Message[error.Message.IndexOf(Malformed, StringComparison.Ordinal)..].Split(' ');
            return words.Length > 1 ? Wrong(words[1]) : null;
        }

        if (!IsForeign(error))
        {
            return null;
        }

        try
        {
            var types = await Task.WhenAll(keys.Select(key => database.KeyTypeAsync(key))).WaitAsync(options.RedisTimeout, time);
            for (var i = 0; i < types.Length; i++)
            {
                if (types[i] != RedisType.None && RedisKeys.TypeOf(options.RedisPrefix, keys[i]!) is { } right && types[i] != right)
                {
                    return $"key {keys[i]} is a {Word(types[i])} and should be a {Word(right)}; another program has written to it";
                }
            }
        }
        catch (Exception exception) when (exception is RedisException || RedisFaults.IsAway(exception))
        {
            // Then the error has to do without the name.
        }

        return null;
    }

    /// <summary>Whether an error says that a key has something else in it than a command is for.</summary>
    public static bool IsForeign(Exception error) => error.Message.Contains(WrongType, StringComparison.Ordinal);

    /// <summary>What another program has written, for the log: its beginning. The log makes it harmless.</summary>
    public static string Shown(RedisValue value)
    {
        var text = value.ToString();
        return text.Length > MostShown ? text[..MostShown] + "..." : text;
    }

    /// <summary>Reads a cursor that AgentStream has kept in a key.</summary>
    /// <exception cref="StorageRefusedException">It is none.</exception>
    public static Cursor CursorOf(string? text, string key) => Cursor.TryParse(text, out var cursor) ? cursor : throw new StorageRefusedException($"Redis: {Wrong(key)}.");

    /// <summary>What is said of a key of the right type with a value that is not ours.</summary>
    public static string Wrong(string key) => $"key {key} has a value that AgentStream does not write; another program has written to it";

    private static string Word(RedisType type) => type switch
    {
        RedisType.SortedSet => "sorted set",
        _ => type.ToString().ToLowerInvariant(),
    };
}
