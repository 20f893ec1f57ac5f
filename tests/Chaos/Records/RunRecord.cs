using System.Text.Json;

namespace AgentStream.Chaos;

/// <summary>All that was ever written for a run. Orders are places in the one sequence of all changes.</summary>
internal sealed class RunRecord
{
    /// <summary>The type of the only entry of a run that is none: a record of a journal whose run has no stream.</summary>
    public const string Homeless = "journal without a run";

    /// <summary>The entries of its stream, <c>begin</c> first.</summary>
    public List<Entry> Entries { get; } = [];

    /// <summary>The records of its journal.</summary>
    public List<JournalLine> Journal { get; } = [];

    /// <summary>The silos that owned it, one after the other.</summary>
    public List<string> Owners { get; } = [];

    /// <summary>Its id; empty until its owner is known, which is in the same step as its <c>begin</c>.</summary>
    public string Id { get; set; } = "";

    /// <summary>The number of its last append.</summary>
    public long Appends { get; set; }

    /// <summary>What is wrong with its appends' numbers.</summary>
    public string? WrongNumber { get; set; }

    /// <summary>The cursor of its <c>begin</c>.</summary>
    public string Begin => Entries[0].Id;

    /// <summary>Whether its stream has ended.</summary>
    public bool IsOver => Entries[^1].Type is "end" or Homeless;

    /// <summary>The prompt that it was accepted with; null when it was not.</summary>
    public string? Prompt => Journal.FirstOrDefault(line => line.Type == "request")?.Json.GetProperty("parts").EnumerateArray()
        .LastOrDefault(part => part.GetProperty("part_kind").GetString() == "user-prompt") is { ValueKind: JsonValueKind.Object } part
            ? part.GetProperty("content").GetString()
            : null;
}

/// <summary>An entry of a stream.</summary>
internal sealed record Entry(long Order, string Id, string Type, string Origin, string? Body)
{
    /// <summary>What a listener must get.</summary>
    public string Data => $$"""{"type":"{{Type}}","origin":"{{Origin}}","body":{{Body ?? "{}"}}}""";

    /// <summary>When it was written, by the clock of Redis.</summary>
    public DateTime At => DateTime.UnixEpoch.AddMilliseconds(long.Parse(Id[..Id.IndexOf('-', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture));
}

/// <summary>A record of a journal.</summary>
internal sealed record JournalLine(long Order, JsonElement Json)
{
    public string Type { get; } = Json.GetProperty("type").GetString()!;

    /// <summary>When it was made, before it was written.</summary>
    public DateTime At => Json.GetProperty("timestamp").GetDateTime();

    /// <summary>The node that it belongs to.</summary>
    public int Idx => Json.GetProperty("idx").GetInt32();
}
