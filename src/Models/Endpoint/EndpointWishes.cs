using System.Text.RegularExpressions;
using AgentStream.Models.Thoughts;

namespace AgentStream.Models.Endpoint;

/// <summary>
/// What an endpoint wants that others do not, or refuse: written nowhere, other with each model, and told only when it refuses a request.
/// </summary>
/// <param name="ThoughtField">The field that every answer of the model must have, be it empty; null for none.</param>
/// <param name="RefusesThoughts">Whether it takes no thoughts back.</param>
/// <param name="Alternates">Whether two messages of the user in a row are to be one, as the templates of some models ask for.</param>
internal sealed partial record EndpointWishes(string? ThoughtField, bool RefusesThoughts, bool Alternates)
{
    /// <summary>As long as it has said nothing.</summary>
    public static readonly EndpointWishes None = new(null, false, false);

    /// <summary>
    /// These and what a refusal says of it, so that the request can be made again in that way; null when it is about something else.
    /// </summary>
    public EndpointWishes? Learn(ModelException refusal)
    {
        // A template that fails is a fault of the server's own to some.
        if (refusal.Status is not (400 or 422 or 500))
        {
            return null;
        }

        if (IsAboutTurns().IsMatch(refusal.Message))
        {
            return Alternates ? null : this with { Alternates = true };
        }

        if (IsAboutThoughts().Match(refusal.Message) is not { Success: true } about)
        {
            return null;
        }

        var learned = Wants().IsMatch(refusal.Message)
            ? this with { ThoughtField = about.Groups[1].Success ? ThoughtMark.Insisted : ThoughtMark.Fields[1], RefusesThoughts = false }
            : this with { ThoughtField = null, RefusesThoughts = true };
        return learned == this ? null : learned;
    }

    // The field, and not the effort of that name.
    [GeneratedRegex(
        @"\b(reasoning_content)\b|['""`.]reasoning['""`]|\breasoning field\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex IsAboutThoughts();

    [GeneratedRegex(
        @"pass(ed)? back|missing|required?\b|must (have|include|contain|be (given|included|present|provided|set))|\bexpected\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Wants();

    [GeneratedRegex(@"\broles?\b.*\balternat|\balternat\w* .*\broles?\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex IsAboutTurns();
}
