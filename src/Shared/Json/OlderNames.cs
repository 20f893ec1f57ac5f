namespace AgentStream.Messages;

/// <summary>Fields that had other names in earlier versions of pydantic-ai.</summary>
internal static class OlderNames
{
    private static readonly Dictionary<string, string[]> ByName = new()
    {
        ["input_tokens"] = ["request_tokens"],
        ["output_tokens"] = ["response_tokens"],
        ["provider_details"] = ["vendor_details"],
        ["provider_response_id"] = ["provider_request_id", "vendor_id"],
    };

    private static readonly Dictionary<string, string> Today = ByName.SelectMany(pair => pair.Value, (pair, older) => (older, pair.Key)).ToDictionary();

    /// <summary>The older names of a field, the latest first.</summary>
    public static string[] Of(string name) => ByName.GetValueOrDefault(name, []);

    /// <summary>Today's name of a field.</summary>
    public static string ToToday(string name) => Today.GetValueOrDefault(name, name);
}
