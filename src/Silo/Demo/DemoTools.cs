using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Silo.Demo;

/// <summary>The tools of the demo agent.</summary>
internal sealed class DemoTools(TimeProvider time)
{
    /// <summary>The name a model calls <see cref="Calculate"/> by.</summary>
    public const string CalculateName = "calculate";

    /// <summary>The name a model calls <see cref="GetCurrentTime"/> by.</summary>
    public const string GetCurrentTimeName = "get_current_time";

    /// <summary>The name a model calls <see cref="DeleteNotes"/> by.</summary>
    public const string DeleteNotesName = "delete_notes";

    /// <summary>The name a model calls <see cref="GetLocation"/> by.</summary>
    public const string GetLocationName = "get_location";

    /// <summary>What <see cref="DeleteNotes"/> answers.</summary>
    public const string NotesAreDeleted = "The notes are deleted.";

    /// <summary>Where the user is, which only the client knows: it is declared here, and carried out there.</summary>
    public static readonly AIFunctionDeclaration GetLocation = AIFunctionFactory.CreateDeclaration(
        GetLocationName, "Where the user is: the name of a place.", JsonElement.Parse("""{"type":"object","properties":{}}"""));

    [Description("Works out an arithmetic expression with + - * / and parentheses.")]
    public static string Calculate([Description("The expression, for example (1.5 + 2) * -3.")] string expression) =>
        // A decimal keeps the zeros it was written with: 1.50 * 2 is 3.00. Nobody wants to read them.
        Calculator.Evaluate(expression).ToString("0.############################", CultureInfo.InvariantCulture);

    [Description("Deletes the user's notes.")]
    public static string DeleteNotes() => NotesAreDeleted;

    [Description("The current date and time in UTC, as ISO 8601.")]
    public string GetCurrentTime() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
