using System.Text.RegularExpressions;

namespace AgentStream.Models.Endpoint;

/// <summary>How an endpoint wants thoughts back.</summary>
/// <param name="Field">The field that every answer of the model must have, be it empty; null for none.</param>
/// <param name="IsRefused">Whether it refuses them.</param>
internal sealed partial record ThoughtReturn(string? Field, bool IsRefused)
{
    /// <summary>As far as the marks tell.</summary>
    public static readonly ThoughtReturn ByMark = new(null, false);

    private static readonly ThoughtReturn Refused = new(null, true);

    /// <summary>
    /// What an endpoint's refusal says of it, so that the request can be made again in that way; null when it is about something else. Which endpoint
    /// wants what changes with its models, and is written nowhere.
    /// </summary>
    public ThoughtReturn? Learn(ModelException refusal)
    {
        if (refusal.Status is not (400 or 422) || About().Match(refusal.Message) is not { Success: true } about)
        {
            return null;
        }

        var wanted = new ThoughtReturn(about.Groups[1].Success ? ThoughtMark.Insisted : ThoughtMark.Fields[1], false);
        var learned = Wants().IsMatch(refusal.Message) ? wanted : Refused;
        return learned == this ? null : learned;
    }

    // The field, and not the effort of that name.
    [GeneratedRegex(@"\b(reasoning_content)\b|['""`.]reasoning['""`]|\breasoning field\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex About();

    [GeneratedRegex(@"pass(ed)? back|missing|required?\b|must (have|include|contain|be (given|included|present|provided|set))|\bexpected\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Wants();
}
