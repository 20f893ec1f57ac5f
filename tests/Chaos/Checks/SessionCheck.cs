using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace AgentStream.Chaos;

/// <summary>Checks what a visitor saw of a session against all that was written for it.</summary>
internal sealed class SessionCheck(
    Stage stage, Edge edge, ToolCheck tools, Violations violations, Figures figures, FaultLog faults)
{
    // Design: within a second. The rest is for a machine that has other things to do.
    private static readonly TimeSpan CancelToEnd = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, bool> _closed = [];

    /// <summary>
    /// Whether a session was checked to its end and deleted, for good. One with a violation stays as it is; a prompt that comes late may come after the delete.
    /// </summary>
    public bool IsClosed(string session) => _closed.ContainsKey(session);

    /// <summary>Checks the runs that came of some attempts.</summary>
    public void Check(Conversation conversation, IReadOnlyList<Prompt> attempts, IReadOnlyList<RunRecord> runs)
    {
        conversation.HasUnanswered |= attempts.Any(attempt => attempt.Outcome == Outcome.Unknown);
        var isLate = runs.Any(run => run.Prompt is { } text && conversation.Unanswered.Contains(text));
        conversation.Unanswered.UnionWith(attempts.Where(attempt => attempt.Outcome == Outcome.Unknown).Select(attempt => attempt.Text));
        if (isLate || (runs.Any(run => run.Prompt == attempts[^1].Text) && runs[^1].Prompt != attempts[^1].Text))
        {
            // It is a second prompt of the same session then, and who followed the first one hears it too. There is no telling where the conversation should stand.
            figures.Add("unanswered prompts that were taken when their caller had asked again", 1);
            conversation.IsBroken = true;
            return;
        }

        var evidence = new Lazy<string>(() => Evidence.Of(attempts, runs, faults));
        var heard = attempts.SelectMany(attempt => attempt.Transcripts).ToList();
        foreach (var run in runs)
        {
            var prompt = run.Prompt is { } text ? attempts.FirstOrDefault(attempt => attempt.Text == text) : null;
            var check = new RunCheck(conversation, run, prompt is null ? null : Plan.Of(prompt.Text), prompt?.Outcome == Outcome.Accepted, tools, figures, Wrong);
            var isCanceled = check.Check();
            foreach (var transcript in heard.Where(transcript => transcript.Frames.Count > 0 && transcript.Frames[0].Id == run.Begin))
            {
                CheckTranscript(transcript, run);
            }

            if (prompt is not null)
            {
                CheckCancels(attempts[^1].Cancels, run, isCanceled);
            }
        }

        foreach (var attempt in attempts)
        {
            var started = runs.Count(run => run.Prompt == attempt.Text);
            Expect(started == 1 || (started == 0 && attempt.Outcome != Outcome.Accepted), "an accepted prompt has one run, any other one at the most", $"{started} runs of {attempt.Text}");
            Expect(attempt.Outcome != Outcome.Accepted || attempt.Transcripts[0].Frames.Count > 0, "who asked hears the run", "nothing");
            figures.Add("prompts accepted", attempt.Outcome == Outcome.Accepted ? 1 : 0);
        }

        foreach (var transcript in heard)
        {
            Expect(transcript.Frames.Count == 0 || runs.Any(run => run.Begin == transcript.Frames[0].Id), "a listener hears a run from its begin", $"{transcript.Listener} begins with {transcript.Frames.FirstOrDefault()}");
            figures.Add("listeners", 1);
            figures.Add("connections that listeners lost or left", transcript.Reconnects);
            figures.Add("frames heard", transcript.Frames.Count);
        }

        void Expect(bool holds, string expected, string seen)
        {
            if (!holds)
            {
                Wrong(expected, seen);
            }
        }

        void Wrong(string expected, string seen)
        {
            conversation.IsBroken = true;
            violations.Add(conversation.Session, expected, seen, evidence.Value);
        }

        void CheckTranscript(Transcript transcript, RunRecord run)
        {
            // All but 'end', which is not sent.
            var expected = run.Entries.SkipLast(1).Select(entry => (entry.Id, entry.Data)).ToList();
            for (var i = 0; i < Math.Max(expected.Count, transcript.Frames.Count); i++)
            {
                var (due, got) = (expected.ElementAtOrDefault(i), transcript.Frames.ElementAtOrDefault(i));
                if (due != got)
                {
                    Wrong($"{transcript.Listener} hears each entry once and in order: frame {i} of {expected.Count} is {due}", $"{got} ({transcript.Frames.Count} frames, {transcript.Reconnects} reconnects)");
                    return;
                }
            }
        }

        void CheckCancels(IReadOnlyList<(bool? Answer, DateTime At)> cancels, RunRecord run, bool isCanceled)
        {
            var canceled = cancels.Where(cancel => cancel.Answer == true).ToList();
            figures.Add("cancels", cancels.Count);
            Expect(canceled.Count <= 1, "one cancel of a run is answered with true", $"{canceled.Count}");
            Expect(!isCanceled || canceled.Count > 0 || cancels.Any(cancel => cancel.Answer is null), "a canceled run was canceled by somebody", "no cancel was answered with true");
            if (canceled.Count == 0)
            {
                return;
            }

            if (!isCanceled)
            {
                figures.Add("cancels that came when the run was just over", 1);
            }

            var (at, end) = (canceled[0].At, run.Entries[^1].At);
            if (faults.During(at - TimeSpan.FromSeconds(1), end).Count == 0)
            {
                figures.Longest("longest time from a cancel to the end, without a fault", end - at);
                Expect(end - at <= CancelToEnd, "the end follows a cancel at once", string.Create(CultureInfo.InvariantCulture, $"{(end - at).TotalSeconds:0.0} s later"));
            }
        }
    }

    /// <summary>The conversation is over: the silos know it as the journal has it, and forget it when they are told to.</summary>
    public async Task CloseAsync(Conversation conversation, Visitor visitor, CancellationToken giveUp)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(giveUp);
        patience.CancelAfter(Visitor.LongestRun);
        var path = $"chat/{conversation.Session}";
        try
        {
            if (conversation.Prompts.Count > 0)
            {
                var (_, messages) = await edge.AskAsync(HttpMethod.Get, $"{path}/messages", visitor.User, patience.Token);
                CheckMessages(conversation, messages);
            }

            while ((await edge.AskAsync(HttpMethod.Delete, path, visitor.User, patience.Token)).Status is var status and not HttpStatusCode.NoContent)
            {
                // A delete whose answer was lost holds the session until its silo's lease is over.
                Wrong(conversation, status == HttpStatusCode.Conflict, "a session is deleted", $"{status}");
                await Task.Delay(TimeSpan.FromMilliseconds(500), patience.Token);
            }

            var key = $"{Stage.Prefix}:#journal:1:{visitor.User}:{conversation.Session}";
            Wrong(conversation, await stage.AskAsync(redis => redis.NumberAsync("EXISTS", key)) == 0, "a deleted session has no journal", key);
            if (!conversation.HasUnanswered)
            {
                _closed[conversation.Session] = true;
            }

            figures.Add("sessions", 1);
        }
        catch (OperationCanceledException) when (!giveUp.IsCancellationRequested)
        {
            Wrong(conversation, false, $"a session can be deleted within {Visitor.LongestRun.TotalSeconds} s", "it cannot");
        }
        catch (OperationCanceledException)
        {
            // The trial was broken off.
        }
    }

    /// <summary>Nobody answers.</summary>
    public void NoAnswer(Conversation conversation, Prompt prompt) =>
        Wrong(conversation, false, $"a prompt is answered within {Visitor.LongestRun.TotalSeconds} s", $"{prompt.Text}: no answer but errors");

    /// <summary>A prompt was refused, and nothing was under way that its caller knows of.</summary>
    public void Busy(Conversation conversation, Prompt prompt)
    {
        if (conversation.HasUnanswered)
        {
            // A start whose answer was lost may be carried out late. Where the conversation stands then cannot be told.
            figures.Add("prompts refused because an earlier one, whose answer was lost, came late", 1);
            conversation.IsBroken = true;
            return;
        }

        Wrong(conversation, false, "a session whose last run has ended takes a prompt", $"{prompt.Text}: 409");
    }

    /// <summary>A run does not end.</summary>
    public void NoEnd(Conversation conversation, IReadOnlyList<Prompt> attempts, IReadOnlyList<RunRecord> runs)
    {
        conversation.IsBroken = true;
        violations.Add(
            conversation.Session,
            $"an accepted prompt reaches its end within {Visitor.LongestRun.TotalSeconds} s",
            runs.Count == 0 ? "no run" : $"the last entry is {runs[^1].Entries[^1]}",
            Evidence.Of(attempts, runs, faults));
    }

    private void CheckMessages(Conversation conversation, string body)
    {
        using var json = JsonDocument.Parse(body);
        var parts = json.RootElement.EnumerateArray().SelectMany(message => message.GetProperty("parts").EnumerateArray()).ToLookup(part => part.GetProperty("part_kind").GetString());
        var prompts = parts["user-prompt"].Select(part => part.GetProperty("content").GetString()!).ToList();
        var words = string.Concat(parts["text"].Select(part => part.GetProperty("content").GetString()));

        // A prompt that got no answer yet is in no message yet.
        Wrong(conversation, prompts.SequenceEqual(conversation.Prompts.Take(prompts.Count)), $"the history has the prompts {string.Join("; ", conversation.Prompts)}", string.Join("; ", prompts));
        Wrong(conversation, words == string.Concat(conversation.Responses), $"the history has the words {string.Concat(conversation.Responses)}", words);
    }

    private void Wrong(Conversation conversation, bool holds, string expected, string seen)
    {
        if (!holds)
        {
            conversation.IsBroken = true;
            violations.Add(conversation.Session, expected, seen, "");
        }
    }
}
