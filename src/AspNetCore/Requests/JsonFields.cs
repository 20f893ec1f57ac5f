using System.Text.Json;

namespace AgentStream.AspNetCore.Requests;

/// <summary>Reads the fields of a JSON object by hand and collects what is wrong with them, so that one answer names every wrong field and its rule.</summary>
/// <param name="root">The object.</param>
internal sealed class JsonFields(JsonElement root)
{
    // Names that are not known are repeated in the answer.
    private const int LongestName = 64;

    private readonly Dictionary<string, string[]> _errors = [];

    /// <summary>Reads a text. A field that is null counts as left out.</summary>
    /// <param name="name">The field.</param>
    /// <param name="check">Says which rule the text, or its absence, breaks; null when it breaks none.</param>
    /// <returns>The text; null when it is left out or wrong.</returns>
    public string? Text(string name, Func<string?, string?> check) => Text(root, name, name, check);

    /// <summary>Reads a text of an object within the object.</summary>
    /// <param name="owner">The inner object.</param>
    /// <param name="name">Its field.</param>
    /// <param name="path">What errors call the field.</param>
    /// <param name="check">Says which rule the text, or its absence, breaks; null when it breaks none.</param>
    /// <returns>The text; null when it is left out or wrong.</returns>
    public string? Text(JsonElement owner, string name, string path, Func<string?, string?> check)
    {
        var present = owner.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;
        if (present && value.ValueKind != JsonValueKind.String)
        {
            return Wrong(path, $"must be a string, but is {Describe(value.ValueKind)}");
        }

        try
        {
            var text = present ? value.GetString() : null;
            return check(text) is { } broken ? Wrong(path, broken) : text;
        }
        catch (InvalidOperationException)
        {
            // The bytes are valid UTF-8, so what is left is an escape such as \ud800 without its other half.
            return Wrong(path, "must not contain half of a surrogate pair");
        }
    }

    /// <summary>Reads a boolean. A field that is null counts as left out.</summary>
    /// <param name="name">The field.</param>
    /// <returns>The boolean; null when it is left out or wrong.</returns>
    public bool? Flag(string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Wrong(name, $"must be true or false, but is {Describe(value.ValueKind)}");
        return null;
    }

    /// <summary>Reads any JSON.</summary>
    /// <param name="name">The field.</param>
    /// <param name="isNullGiven">Whether null is a value; otherwise the field counts as left out.</param>
    /// <returns>The JSON; null when it is left out.</returns>
    public JsonElement? Json(string name, bool isNullGiven = false) =>
        root.TryGetProperty(name, out var value) && (isNullGiven || value.ValueKind != JsonValueKind.Null) ? value : null;

    /// <summary>Notes each field that has another name than those, so that a mistyped name is not passed over in silence.</summary>
    /// <param name="names">The fields that there are.</param>
    public void RefuseOthers(params ReadOnlySpan<string> names)
    {
        foreach (var field in root.EnumerateObject())
        {
            if (!names.Contains(field.Name))
            {
                Wrong(field.Name.Length <= LongestName ? field.Name : $"{field.Name[..LongestName]}...", $"is not known; the fields are {string.Join(", ", names!)}");
            }
        }
    }

    /// <summary>Notes that a field is wrong.</summary>
    /// <param name="name">The field, or its path.</param>
    /// <param name="rule">The rule that it breaks.</param>
    /// <returns>Null.</returns>
    public string? Wrong(string name, string rule)
    {
        _errors[name] = [rule];
        return null;
    }

    /// <summary>Ends the reading.</summary>
    /// <exception cref="RefusedException">A field is wrong.</exception>
    public void ThrowIfAnyIsWrong()
    {
        if (_errors.Count > 0)
        {
            throw RefusedException.Invalid(_errors);
        }
    }

    /// <summary>A kind of value, as errors call it.</summary>
    public static string Describe(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };
}
