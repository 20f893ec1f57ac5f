using System.Globalization;
using System.Text.Json;

namespace AgentStream.Chaos;

/// <summary>Compares what was written for a run with its plan, and its journal with its stream.</summary>
internal sealed class RunCheck(Conversation conversation, RunRecord run, Plan? plan, bool isPromised, ToolCheck tools, Figures figures, Action<string, string> wrong)
{
    private const string Canceled = "canceled";
    private const string GivenUp = "crashed - the processes that ran it are gone, 4 one after the other";
    private const string Interrupted = "interrupted";

    private readonly StreamFold _stream = new(run, wrong);

    /// <summary>Checks all of it.</summary>
    /// <returns>Whether it was canceled.</returns>
    public bool Check()
    {
        if (run.Entries[0].Type == RunRecord.Homeless)
        {
            wrong("a journal's records belong to a run that has a stream", $"records of run {run.Id}");
            return false;
        }

        _stream.Read();
        figures.Add("times that a run was resumed", _stream.Resumes);
        figures.Add("times that a run got another owner", Math.Max(run.Owners.Count - 1, 0));
        if (run.Journal.Count == 0 || plan is null)
        {
            Expect(!isPromised, "the journal has an accepted prompt", $"{run.Journal.Count} records of run {run.Id}");
            Expect(_stream.Nodes.Count == 0, "a run that the journal does not know says nothing", Shown());
            return false;
        }

        CheckEnd();
        CheckNodes();
        CheckJournal();
        return _stream.Error == Canceled;
    }

    private void CheckEnd()
    {
        switch (_stream.Error)
        {
            case null:
                figures.Add("runs completed", 1);
                Expect(_stream.Nodes.Count == plan!.Nodes.Count && _stream.Nodes[^1].End is not null, $"all {plan.Nodes.Count} nodes", Shown());
                break;
            case Canceled:
                figures.Add("runs canceled", 1);
                break;
            case GivenUp:
                figures.Add("runs ended as crashed after three recoveries", 1);
                break;
            default:
                Expect(!isPromised && _stream.Nodes.Count == 0, "a run completes, is canceled, or is given up after three recoveries", $"error {_stream.Error}");
                break;
        }
    }

    private void CheckNodes()
    {
        for (var idx = 0; idx < _stream.Nodes.Count; idx++)
        {
            var node = _stream.Nodes[idx];
            if (idx >= plan!.Nodes.Count)
            {
                Expect(false, $"{plan.Nodes.Count} nodes", Shown());
                return;
            }

            var planned = plan.Nodes[idx];
            var (thoughts, words) = (string.Concat(planned.Thoughts), string.Concat(planned.Words));
            if (node.End is not null)
            {
                Expect(node.Thoughts.ToString() == thoughts && node.Words.ToString() == words, $"node {idx} says [{thoughts}] {words}", node.Text);
                Expect(node.Calls.Count == planned.Calls.Count && node.Calls.Zip(planned.Calls).All(pair => IsCall(pair.First, pair.Second)), $"node {idx} calls {planned.Calls.Count} tools, as planned", Calls(node));
            }
            else
            {
                Expect(idx == _stream.Nodes.Count - 1 && _stream.Error is not null, $"node {idx} ends", Shown());
                Expect(thoughts.StartsWith(node.Thoughts.ToString(), StringComparison.Ordinal) && words.StartsWith(node.Words.ToString(), StringComparison.Ordinal), $"node {idx} says the beginning of [{thoughts}] {words}", node.Text);
            }

            CheckReturns(node, idx);
        }
    }

    private void CheckReturns(SeenNode node, int idx)
    {
        if (idx == 0)
        {
            // What a canceled run left open is told with the next prompt.
            Expect(node.Returns.All(result => conversation.Calls.Contains(result.Id)), "results at the head of a run are of calls of earlier ones", Calls(node));
            return;
        }

        // A silo that is killed right after its llm-begin may not have sent them yet; when the run is canceled meanwhile, nobody begins the node again.
        var calls = _stream.Nodes[idx - 1].Calls;
        var isCutShort = node.End is null && node.Calls.Count == 0 && node.Thoughts.Length + node.Words.Length == 0;
        var expected = calls.Select(call => call.Id).Take(isCutShort ? node.Returns.Count : calls.Count);
        Expect(node.Returns.Select(result => result.Id).SequenceEqual(expected), $"node {idx} carries the results of {calls.Count} calls, in their order", string.Join(", ", node.Returns.Select(result => result.Id)));
        foreach (var (result, planned) in node.Returns.Zip(plan!.Nodes[idx - 1].Calls))
        {
            Expect(
                result.Content == planned.Result || (planned.Tool == Tools.Once && result.Content == Interrupted), $"call {result.Id} of {planned.Tool} comes to {planned.Result}", result.Content);
        }
    }

    private void CheckJournal()
    {
        var fold = new JournalFold(run, wrong);
        fold.Read();
        conversation.Prompts.Add(run.Prompt!);
        Expect(fold.Error == _stream.Error, $"the journal's run-ended says what the stream does, {_stream.Error ?? "nothing"}", fold.Error ?? "nothing");
        Expect(_stream.Error != GivenUp || fold.Crashes == 3, "a run is given up after three recoveries", $"{fold.Crashes}");
        Expect(fold.Ended < run.Entries[^1].Order, "the run's end is journaled before its stream's", "behind it");
        Expect(_stream.Resumes <= run.Journal.Count(line => line.Type == "run-resumed"), "each resumed in the stream has its record", Shown());
        foreach (var response in fold.Responses)
        {
            conversation.Responses.Add(response.Words);
            conversation.Calls.UnionWith(response.Calls);
            var idx = response.Idx;
            if (idx >= _stream.Nodes.Count)
            {
                // Canceled or given up before it could be shown.
                Expect(_stream.Error is not null, $"the stream has node {idx}, whose response is journaled", Shown());
                continue;
            }

            var node = _stream.Nodes[idx];
            Expect(node.End is null || response.Order < node.End, $"the response of node {idx} is journaled before its llm-end", "behind it");
            if (node.End is not null || response.IsPartial)
            {
                Expect(node.Text == $"[{response.Thoughts}] {response.Words}", $"the journal's response {idx} is what was streamed, {node.Text}", $"[{response.Thoughts}] {response.Words}");
                Expect(response.IsPartial || response.Calls.SequenceEqual(node.Calls.Select(call => call.Id)), $"the journal's calls are those that were streamed, {Calls(node)}", string.Join(", ", response.Calls));
            }
        }

        foreach (var node in _stream.Nodes)
        {
            Expect(node.End is null || fold.Responses.Any(response => response.Idx == node.Idx), $"the journal has the response of node {node.Idx}, which has ended", "none");
            foreach (var result in node.Idx == 0 ? [] : node.Returns)
            {
                Expect(fold.Results.TryGetValue(result.Id, out var line) && line.Order < result.Order, $"the result of call {result.Id} is journaled before it is shown", line is null ? "it is not journaled" : "behind it");
            }
        }

        tools.Take(fold);
    }

    private static bool IsCall(SeenCall seen, PlannedCall planned) =>
        seen.Tool == planned.Tool
        && seen.Args.GetProperty("tag").GetString() == planned.Tag
        && seen.Args.GetProperty("number").GetInt32() == planned.Number
        && seen.Args.GetProperty("milliseconds").GetInt32() == planned.Milliseconds;

    private void Expect(bool holds, string expected, string seen)
    {
        if (!holds)
        {
            wrong(expected, seen);
        }
    }

    private string Shown() => string.Create(
        CultureInfo.InvariantCulture, $"{_stream.Nodes.Count} nodes, {_stream.Nodes.Count(node => node.End is not null)} ended, resumed {_stream.Resumes} times, error {_stream.Error ?? "none"}");

    private static string Calls(SeenNode node) => string.Join(", ", node.Calls.Select(call => $"{call.Tool} {call.Id} {JsonSerializer.Serialize(call.Args)}"));
}
