using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentStream.Bench;

/// <summary>What was measured of one thing: a value for each round.</summary>
/// <param name="Unit">The unit of the values.</param>
/// <param name="Values">The values, in the order of the rounds.</param>
internal sealed record Figure(string Unit, IReadOnlyList<double> Values)
{
    /// <summary>The value in the middle; of two in the middle, the lesser.</summary>
    public double Median => MedianOf(Values);

    public static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[(sorted.Length - 1) / 2];
    }

    /// <summary>A value with three digits that count.</summary>
    public static string Text(double value) => value.ToString(
        value == Math.Round(value) ? "#,0" : Math.Abs(value) switch { >= 100 => "#,0", >= 10 => "0.0", >= 1 => "0.00", >= 0.1 => "0.000", _ => "0.#####" }, CultureInfo.InvariantCulture);

    public override string ToString()
    {
        var unit = Unit.Length == 0 ? "" : $" {Unit}";
        return Values.Count == 1 ? $"{Text(Median)}{unit}" : $"{Text(Median)}{unit} ({Text(Values.Min())} … {Text(Values.Max())})";
    }
}

/// <summary>What a row is measured by.</summary>
/// <param name="Text">The goal in words.</param>
/// <param name="IsMet">Whether a row meets it.</param>
internal sealed record Goal(string Text, Func<Row, bool> IsMet)
{
    public static Goal AtLeast(double value, string text) => new(text, row => row.Ours.Median >= value);

    public static Goal AtMost(double value, string text) => new(text, row => row.Ours.Median <= value);

    /// <summary>The worst of all rounds counts.</summary>
    public static Goal AlwaysAtMost(double value, string text) => new(text, row => row.Ours.Values.Max() <= value);

    public static Goal RatioAtLeast(double ratio) => new(string.Create(CultureInfo.InvariantCulture, $"≥ {ratio} x"), row => row.Ratio >= ratio);

    public static Goal RatioAtMost(double ratio) => new(string.Create(CultureInfo.InvariantCulture, $"≤ {ratio} x"), row => row.Ratio <= ratio);
}

/// <summary>A row of the table.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="What">What was measured.</param>
/// <param name="Ours">What AgentStream takes or gives.</param>
/// <param name="Neighbour">Who was measured beside it; null for nobody.</param>
/// <param name="Theirs">What the neighbour takes or gives.</param>
/// <param name="Goal">The goal; null for a figure without one.</param>
internal sealed record Row(string Suite, string What, Figure Ours, string? Neighbour = null, Figure? Theirs = null, Goal? Goal = null)
{
    /// <summary>Ours to theirs: the median of the rounds' ratios, since the two of a round were measured in the same seconds; null where theirs was too small to be measured.</summary>
    public double? Ratio => OfBoth is { } ratio && double.IsFinite(ratio) ? ratio : null;

    private double? OfBoth => Theirs is null ? null
        : Ours.Values.Count == Theirs.Values.Count ? Figure.MedianOf(Ours.Values.Zip(Theirs.Values, (ours, theirs) => ours / theirs))
        : Ours.Median / Theirs.Median;
}

/// <summary>Gathers rows, prints them and keeps them as JSON and Markdown.</summary>
internal sealed class Report(bool isShort)
{
    private static readonly string[] Head = ["suite", "what", "here", "beside it", "", "ratio", "goal", "met"];
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly List<Row> _rows = [];
    private readonly List<string> _notes = [];

    /// <summary>How many suites could not be run to their end.</summary>
    public int Failures { get; private set; }

    public void Add(Row row)
    {
        _rows.Add(row);
        Console.WriteLine($"  {string.Join(" | ", Cells(row).Skip(1).Where(cell => cell.Length > 0))}");
    }

    /// <summary>Adds a line below the table.</summary>
    public void Note(string text)
    {
        _notes.Add(text);
        Console.WriteLine($"  {text}");
    }

    public void Fail(string suite, Exception exception)
    {
        Failures++;
        _notes.Add($"{suite} failed: {exception.Message}");
        Console.WriteLine($"  FAILED: {exception}");
    }

    /// <summary>The table for a terminal.</summary>
    public string ToText()
    {
        string[][] lines = [Head, .. _rows.Select(Cells)];
        var widths = Head.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        var text = new StringBuilder("\n");
        foreach (var line in lines)
        {
            text.AppendLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }

        return text.ToString();
    }

    /// <summary>Writes the table and all values, named by the date of the measurement.</summary>
    public async Task SaveAsync(string directory, Machine machine)
    {
        Directory.CreateDirectory(directory);
        var name = Path.Combine(directory, machine.Date.ToString("yyyy-MM-dd-HHmmss", CultureInfo.InvariantCulture) + (isShort ? "-short" : ""));
        machine = machine with { LoadAtEnd = Machine.Load() };
        await File.WriteAllTextAsync($"{name}.md", ToMarkdown(machine));
        await File.WriteAllTextAsync($"{name}.json", JsonSerializer.Serialize(
            new
            {
                machine,
                isShort,
                rows = _rows.Select(row => new
                {
                    row.Suite,
                    row.What,
                    row.Ours,
                    row.Neighbour,
                    row.Theirs,
                    row.Ratio,
                    Goal = row.Goal?.Text,
                    IsMet = row.Goal?.IsMet(row),
                }),
                notes = _notes,
            },
            Json));
        Console.WriteLine($"{name}.md, .json");
    }

    private string ToMarkdown(Machine machine)
    {
        var text = new StringBuilder($"{machine.ToText()}\n\n| {string.Join(" | ", Head)} |\n|{string.Concat(Head.Select(_ => " --- |"))}\n");
        foreach (var row in _rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", Cells(row))} |\n");
        }

        foreach (var note in _notes)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{note}\n");
        }

        return text.ToString();
    }

    private string[] Cells(Row row) =>
    [
        row.Suite, row.What, row.Ours.ToString(), row.Neighbour ?? "", row.Theirs?.ToString() ?? "", row.Ratio is { } ratio ? Figure.Text(ratio) : "",
        row.Goal?.Text ?? "", row.Goal is null ? "" : isShort ? "-" : row.Goal.IsMet(row) ? "yes" : "no",
    ];
}
