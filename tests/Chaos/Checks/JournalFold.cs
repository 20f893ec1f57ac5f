using System.Globalization;
using System.Text.Json;

namespace AgentStream.Chaos;

/// <summary>Reads the records that a run has in the journal: whether they are complete and in order, and what they come to.</summary>
/// <param name="wrong">Takes what is expected, and what is there instead.</param>
internal sealed class JournalFold(RunRecord run, Action<string, string> wrong)
{
    private int _requests;
    private bool _isAnswered = true;
    private bool _isGivenAway;

    /// <summary>The responses, in order.</summary>
    public List<JournaledResponse> Responses { get; } = [];

    /// <summary>The results of calls, by the call's id.</summary>
    public Dictionary<string, JournalLine> Results { get; } = [];

    /// <summary>How often it was resumed after a crash.</summary>
    public int Crashes { get; private set; }

    /// <summary>What <c>run-ended</c> says went wrong.</summary>
    public string? Error { get; private set; }

    /// <summary>Where <c>run-ended</c> stands among all changes; far behind when there is none.</summary>
    public long Ended { get; private set; } = long.MaxValue;

    /// <summary>Reads all records.</summary>
    public void Read()
    {
        Expect(run.Journal[0].Type == "run-started" && run.Journal[0].Json.GetProperty("run_id").GetString() == run.Id, "the first record is this run's run-started", run.Journal[0]);
        Expect(run.Journal[^1].Type == "run-ended", "the last record is run-ended", run.Journal[^1]);
        foreach (var line in run.Journal.Skip(1))
        {
            switch (line.Type)
            {
                case "request":
                    Expect(line.Idx == _requests && _isAnswered, string.Create(CultureInfo.InvariantCulture, $"request {_requests}, behind a response"), line);
                    Expect(Responses.LastOrDefault()?.Calls.All(Results.ContainsKey) ?? true, "a request behind the results of all calls", line);
                    (_requests, _isAnswered) = (_requests + 1, false);
                    break;
                case "response":
                    Expect(line.Idx == _requests - 1 && !_isAnswered, string.Create(CultureInfo.InvariantCulture, $"one response, to request {_requests - 1}"), line);
                    _isAnswered = true;
                    Responses.Add(JournaledResponse.Read(line));
                    break;
                case "tool-result":
                    var call = line.Json.GetProperty("result").GetProperty("tool_call_id").GetString()!;
                    Expect(_isAnswered && Responses.LastOrDefault()?.Calls.Contains(call) == true, "a result of a call of the last response", line);
                    Expect(Results.TryAdd(call, line), "one result of each call", line);
                    break;
                case "run-given-away":
                    _isGivenAway = true;
                    break;
                case "run-resumed":
                    // A process that stopped in order is not the run's fault.
                    Crashes += _isGivenAway ? 0 : 1;
                    _isGivenAway = false;
                    break;
                case "run-ended":
                    Error = line.Json.GetProperty("error").GetString();
                    Expect(Ended == long.MaxValue, "one run-ended", line);
                    Ended = line.Order;
                    break;
                default:
                    Expect(false, "a record that a run makes", line);
                    break;
            }
        }
    }

    private void Expect(bool holds, string expected, JournalLine seen)
    {
        if (!holds)
        {
            wrong($"in the journal: {expected}", seen.Json.GetRawText());
        }
    }
}

/// <summary>A response in the journal.</summary>
/// <param name="Order">Where it stands among all changes.</param>
/// <param name="Idx">Its node.</param>
/// <param name="Thoughts">Its thinking.</param>
/// <param name="Words">Its text.</param>
/// <param name="Calls">The ids of its calls.</param>
/// <param name="IsPartial">Whether it was cut short: the model did not say how it finished.</param>
internal sealed record JournaledResponse(long Order, int Idx, string Thoughts, string Words, IReadOnlyList<string> Calls, bool IsPartial)
{
    public static JournaledResponse Read(JournalLine line)
    {
        var response = line.Json.GetProperty("response");
        var parts = response.GetProperty("parts").EnumerateArray().ToLookup(part => part.GetProperty("part_kind").GetString());
        return new(
            line.Order,
            line.Idx,
            string.Concat(parts["thinking"].Select(part => part.GetProperty("content").GetString())),
            string.Concat(parts["text"].Select(part => part.GetProperty("content").GetString())),
            [.. parts["tool-call"].Select(part => part.GetProperty("tool_call_id").GetString()!)],
            response.GetProperty("finish_reason").ValueKind == JsonValueKind.Null);
    }
}
