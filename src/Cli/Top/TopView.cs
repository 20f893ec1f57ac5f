using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AgentStream.Logs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AgentStream.Cli.Top;

/// <summary>Shows a look as tables, or as JSON. Whatever names a silo or a session is somebody else's text.</summary>
internal static class TopView
{
    // What stands around the rows: the borders and heads of two tables, and the lines below them.
    private const int OtherLines = 11;

    /// <summary>The tables.</summary>
    /// <param name="look">The look.</param>
    /// <param name="height">How many lines there are.</param>
    /// <param name="fault">Why there is no newer look; null when it is the newest.</param>
    public static IRenderable Tables(TopLook look, int height, string? fault = null)
    {
        var parts = new List<IRenderable>();
        if (look.Silos is { } silos)
        {
            parts.Add(Table(["silo", "address", "status", "up", "runs", "listeners", "cpu", "memory"], silos.Select(silo => new[]
            {
                silo.Name, silo.Address, silo.Status, Age(look.At - silo.Since),
                Number(silo.Figures?.RunCount), Number(silo.Figures?.Listeners), Percent(silo.Figures?.Cpu), Megabytes(silo.Figures?.Memory),
            })));
        }

        var room = Math.Max(3, height - OtherLines - (look.Silos?.Count ?? 0));
        var shown = look.Runs.Take(room);
        parts.Add(look.Silos is null
            ? Table(["session", "title"], shown.Select(run => new[] { run.Session, run.Title ?? "" }))
            : Table(["session", "user", "agent", "since", "entries", "silo"], shown.Select(run => new[]
            {
                run.Session, run.User ?? "", run.Agent ?? "", run.Since is { } since ? Age(look.At - since) : "-", Number(run.Entries), run.Silo ?? "",
            })));
        parts.Add(Line(string.Create(CultureInfo.InvariantCulture, $"{look.RunCount} live {(look.RunCount == 1 ? "run" : "runs")}{(look.RunCount > room ? $", {room} shown" : "")}, {look.At.UtcDateTime:HH:mm:ss}Z")));
        if (fault is not null)
        {
            parts.Add(Line(fault));
        }

        return new Rows(parts);
    }

    /// <summary>One line of JSON.</summary>
    public static string Json(TopLook look)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("at", look.At);
            if (look.Silos is { } silos)
            {
                json.WriteStartArray("silos");
                foreach (var silo in silos)
                {
                    Write(json, silo);
                }

                json.WriteEndArray();
            }

            json.WriteNumber("run_count", look.RunCount);
            json.WriteStartArray("runs");
            foreach (var run in look.Runs)
            {
                Write(json, run);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return SafeText.Json(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void Write(Utf8JsonWriter json, TopSilo silo)
    {
        json.WriteStartObject();
        json.WriteString("name", silo.Name);
        json.WriteString("address", silo.Address);
        json.WriteString("status", silo.Status);
        json.WriteString("since", silo.Since);
        if (silo.Figures is { } figures)
        {
            json.WriteNumber("runs", figures.RunCount);
            json.WriteNumber("listeners", figures.Listeners);
            json.WriteNumber("cpu_percent", double.IsFinite(figures.Cpu) ? Math.Round(figures.Cpu, 1) : 0);
            json.WriteNumber("memory_bytes", figures.Memory);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TopRun run)
    {
        json.WriteStartObject();
        json.WriteString("session_id", run.Session);
        foreach (var (name, value) in new[] { ("user", run.User), ("title", run.Title), ("agent", run.Agent), ("silo", run.Silo) })
        {
            if (value is not null)
            {
                json.WriteString(name, value);
            }
        }

        if (run.Since is { } since)
        {
            json.WriteString("since", since);
        }

        if (run.Entries is { } entries)
        {
            json.WriteNumber("entries", entries);
        }

        json.WriteEndObject();
    }

    private static Table Table(string[] heads, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var head in heads)
        {
            table.AddColumn(new TableColumn(new Text(head, new Style(decoration: Decoration.Bold))).NoWrap());
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => Line(cell)));
        }

        return table;
    }

    // Not markup: brackets are text.
    private static Text Line(string text) => new(SafeText.Line(text)) { Overflow = Overflow.Ellipsis };

    /// <summary>An age in two units at the most. Clocks differ, so it may be less than nothing.</summary>
    internal static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 60 } => Format($"{Math.Max(0, (int)age.TotalSeconds)}s"),
        { TotalMinutes: < 60 } => Format($"{age.Minutes}m{age.Seconds:00}s"),
        { TotalHours: < 24 } => Format($"{age.Hours}h{age.Minutes:00}m"),
        _ => Format($"{(int)age.TotalDays}d{age.Hours:00}h"),
    };

    private static string Number(long? number) => number is { } known ? Format($"{known}") : "-";

    private static string Percent(double? share) => share is { } known && double.IsFinite(known) ? Format($"{known:0}%") : "-";

    private static string Megabytes(long? bytes) => bytes is { } known ? Format($"{known >> 20} MB") : "-";

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
