using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace AgentStream.Bench.Stages;

/// <summary>What a prompt tells the model to say; it travels as the prompt's text.</summary>
/// <param name="Tokens">How many tokens.</param>
/// <param name="Rate">How many in a second; 0 for as fast as it may.</param>
/// <param name="AtGate">Whether it waits for the process's gate first.</param>
/// <param name="Stamped">Whether each token is the time at which it left the model.</param>
internal sealed record TokenPlan(int Tokens, double Rate = 0, bool AtGate = false, bool Stamped = false)
{
    /// <summary>A token of common length.</summary>
    public const string Token = " token";

    /// <summary>The events of a run besides its tokens: begin, llm-begin, answer, llm-end, end.</summary>
    public const int OtherEvents = 5;

    /// <summary>The wire form of a token's event, for those who write it without a runtime.</summary>
    public static string Body(string token = Token) => $$"""{"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"{{token}}"}""";

    /// <summary>The time now, as a token; comparable in all processes of this machine.</summary>
    public static string Stamp() => Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture);

    /// <summary>How long ago a stamped token left the model.</summary>
    /// <returns>Microseconds; null when the body ends with no stamp.</returns>
    public static double? Age(ReadOnlySpan<byte> body)
    {
        var now = Stopwatch.GetTimestamp();
        var end = body.LastIndexOf((byte)'"');
        var start = end < 0 ? -1 : body[..end].LastIndexOf((byte)'"');
        return start >= 0 && long.TryParse(body[(start + 1)..end], CultureInfo.InvariantCulture, out var stamp) ? Stopwatch.GetElapsedTime(stamp, now).TotalMicroseconds : null;
    }

    public static TokenPlan Parse(string prompt) =>
        JsonSerializer.Deserialize<TokenPlan>(prompt) ?? throw new FormatException($"'{prompt}' is no plan.");

    public override string ToString() => JsonSerializer.Serialize(this);
}
