using System.Globalization;
using System.Net;
using System.Text.Json;

namespace AgentStream.Chaos.Approvals;

/// <summary>
/// A user whose prompts ask for payments, which they allow or not, and for signatures, which their own program gives. They send prompts and answers again when the reply is lost, and sometimes though it was not; they answer twice at once, and take
/// an answer back. Each prompt has an idempotency key, so all of that must come to one run for each, and one fate for each payment.
/// </summary>
internal sealed class Payer(int number, Edge edge, ApprovalCheck check, Violations violations, Figures figures, int seed)
{
    // Of nobody else, so that the checks of others do not see these sessions.
    private const int User = Visitor.Users + 1;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Random _random = new(unchecked((seed * 104_729) + number));

    /// <summary>Leads conversations until no more are wanted.</summary>
    /// <param name="end">No more prompts.</param>
    /// <param name="giveUp">Gives up at once.</param>
    public async Task RunAsync(CancellationToken end, CancellationToken giveUp)
    {
        for (var n = 1; !end.IsCancellationRequested; n++)
        {
            var session = string.Create(CultureInfo.InvariantCulture, $"p{number}-{n}");
            var count = _random.Next(1, 4);
            for (var i = 1; i <= count && !end.IsCancellationRequested; i++)
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(giveUp);
                patience.CancelAfter(2 * Visitor.LongestRun);
                var tag = string.Create(CultureInfo.InvariantCulture, $"{session}.{i}");
                try
                {
                    if (!await PromptAsync(session, tag, i, patience.Token))
                    {
                        break;
                    }
                }
                catch (OperationCanceledException)
                {
                    if (!giveUp.IsCancellationRequested)
                    {
                        violations.Add(session, "a prompt, and the answers to what it asks, come to an end", $"{tag} did not", "");
                    }

                    return;
                }
            }
        }
    }

    /// <summary>Leads a prompt to its end.</summary>
    /// <returns>Whether the conversation can be continued.</returns>
    private async Task<bool> PromptAsync(string session, string tag, int number, CancellationToken cancellationToken)
    {
        var payments = _random.Next(1, 4);
        for (var n = 0; n < payments; n++)
        {
            check.Add(GatedModel.Payment(tag, n), ApprovalCheck.Fate.Unknown);
        }

        var signature = _random.Next(2) == 0 ? new Signature(_random) : null;
        var body = JsonSerializer.SerializeToElement(new
        {
            prompt = GatedModel.Prompt(tag, payments, signature is not null),
            session_id = session,
            agent = SiloProgram.GatedAgent,
            tools = signature is null ? [] : (object[])[new { name = GatedModel.Sign }],
        });
        var runs = await Task.WhenAll(Enumerable.Range(0, _random.Next(4) == 0 ? 2 : 1).Select(_ => StartAsync(tag, body, cancellationToken)));
        figures.Add("prompts with an idempotency key", runs.Length);
        if (runs.Distinct().Count() > 1)
        {
            violations.Add(session, "a prompt that is sent twice is one run", string.Join(", ", runs), "");
        }

        var asked = await UntilAsync(session, state => state.Error is not null || state.Pending.Count > 0, cancellationToken);
        if (asked.Error is not null)
        {
            figures.Add("prompts for payments whose run crashed", 1);
            return false;
        }

        var calls = payments + (signature is null ? 0 : 1);
        if (asked.Pending.Count != calls)
        {
            violations.Add(session, $"{calls} calls wait", asked.Json.GetRawText(), "");
            return false;
        }

        var approved = new Dictionary<string, bool>();
        foreach (var (id, kind, payment) in asked.Pending.OrderBy(_ => _random.Next()))
        {
            if (kind == "tool")
            {
                await AnswerAsync(session, $"tool-results/{id}", signature!.Answer, new { content = "another" }, cancellationToken);
                continue;
            }

            approved[payment] = _random.Next(3) > 0;
            await AnswerAsync(session, $"approvals/{id}", new { approved = approved[payment] }, new { approved = !approved[payment] }, cancellationToken);
        }

        var over = await UntilAsync(session, state => state.Error is not null || (state.Pending.Count == 0 && state.Answers == number), cancellationToken);
        if (over.Error is not null)
        {
            figures.Add("runs with payments that crashed", 1);
        }

        return await TakeAsync(session, tag, number, payments, approved, signature, isWhole: over.Error is null, cancellationToken) && over.Error is null;
    }

    /// <summary>Sends a prompt until it is accepted.</summary>
    /// <returns>The run.</returns>
    private async Task<string> StartAsync(string tag, JsonElement body, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var answer = await edge.StartAsync(User, JsonContent.Create(body), tag, cancellationToken);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return answer.Headers.GetValues("X-Run-Id").Single();
                }
            }
            catch (HttpRequestException)
            {
                // Again, elsewhere.
            }

            figures.Add("prompts with an idempotency key that were sent again", 1);
            await Task.Delay(Pause, cancellationToken);
        }
    }

    private async Task AnswerAsync(string session, string request, object answer, object other, CancellationToken cancellationToken)
    {
        var path = $"chat/{session}/{request}";
        var answers = await Task.WhenAll(Enumerable.Range(0, _random.Next(3) == 0 ? 2 : 1).Select(_ => PostAsync(path, answer, cancellationToken)));
        figures.Add("answers to requests", answers.Length);
        foreach (var (status, body) in answers)
        {
            if (status != HttpStatusCode.OK || body != answers[0].Body)
            {
                violations.Add(session, "an answer that is given again gets the same receipt", $"{status} {body}", "");
            }
        }

        if (_random.Next(4) == 0)
        {
            var (status, body) = await PostAsync(path, other, cancellationToken);
            figures.Add("answers that were to be taken back", 1);
            if (status != HttpStatusCode.Conflict)
            {
                violations.Add(session, "another answer is refused", $"{status} {body}", "");
            }
        }
    }

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(string path, object body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await edge.AskAsync(HttpMethod.Post, path, User, cancellationToken, () => JsonContent.Create(body));

            // A session whose run is in the way (one that was started by an answer that was lost, say) says so.
            if (answer.Status != HttpStatusCode.Conflict || answer.Body.Contains("request_id", StringComparison.Ordinal))
            {
                return answer;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Compares the history with what was decided, and keeps what became of each payment.</summary>
    private async Task<bool> TakeAsync(
        string session, string tag, int number, int payments, Dictionary<string, bool> approved, Signature? signature, bool isWhole, CancellationToken cancellationToken)
    {
        var (_, body) = await edge.AskAsync(HttpMethod.Get, $"chat/{session}/messages", User, cancellationToken);
        var parts = JsonElement.Parse(body).EnumerateArray().SelectMany(message => message.GetProperty("parts").EnumerateArray()).ToList();
        var prompts = parts.Count(part => Kind(part) == "user-prompt");
        if (prompts != number && isWhole)
        {
            violations.Add(session, $"the history has {number} prompts, each once", string.Create(CultureInfo.InvariantCulture, $"{prompts}"), body);
        }

        var calls = payments + (signature is null ? 0 : 1);
        var results = parts.Where(part => Kind(part) == "tool-return").TakeLast(calls).ToList();
        if (results.Count != calls)
        {
            violations.Add(session, "each call has its result", body, "");
            return false;
        }

        if (isWhole && signature is not null)
        {
            figures.Add("calls of clients' tools", 1);
            if (!signature.Is(results[payments]))
            {
                violations.Add(session, $"the model has the client's result {JsonSerializer.Serialize(signature.Answer)}", results[payments].GetRawText(), body);
            }
        }

        for (var n = 0; isWhole && n < payments; n++)
        {
            var payment = GatedModel.Payment(tag, n);
            var (outcome, content) = (results[n].GetProperty("outcome").GetString(), results[n].GetProperty("content").GetString());
            var fate = outcome switch
            {
                "success" when content == PaymentTool.Result(payment) => ApprovalCheck.Fate.Paid,
                "interrupted" => ApprovalCheck.Fate.Interrupted,
                "denied" => ApprovalCheck.Fate.Denied,
                _ => ApprovalCheck.Fate.Unknown,
            };
            check.Add(payment, fate);
            if (fate == ApprovalCheck.Fate.Unknown || approved[payment] == (fate == ApprovalCheck.Fate.Denied))
            {
                violations.Add(payment, $"the result of a call that was {(approved[payment] ? "allowed" : "not allowed")}", results[n].GetRawText(), body);
            }
        }

        return true;
    }

    private async Task<State> UntilAsync(string session, Func<State, bool> isIt, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (status, body) = await edge.AskAsync(HttpMethod.Get, $"chat/{session}", User, cancellationToken);
            if (status == HttpStatusCode.OK && State.Of(JsonElement.Parse(body)) is { IsLive: false } state && isIt(state))
            {
                return state;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static string? Kind(JsonElement part) => part.GetProperty("part_kind").GetString();

    /// <summary>A session as it shows itself.</summary>
    /// <param name="Json">All of it.</param>
    /// <param name="IsLive">Whether a run is under way.</param>
    /// <param name="Error">What went wrong with the last run.</param>
    /// <param name="Pending">What waits for an answer.</param>
    /// <param name="Answers">How many prompts have the model's last words.</param>
    private sealed record State(JsonElement Json, bool IsLive, string? Error, IReadOnlyList<(string Id, string Kind, string Tag)> Pending, int Answers)
    {
        public static State Of(JsonElement json) => new(
            json,
            json.GetProperty("status").GetString() == "live",
            json.GetProperty("error").GetString(),
            [.. json.GetProperty("pending").EnumerateArray().Select(request => (
                request.GetProperty("request_id").GetString()!, request.GetProperty("kind").GetString()!, request.GetProperty("args").GetProperty("tag").GetString()!))],
            json.GetProperty("nodes").EnumerateArray().Count(node => node.GetRawText().Contains($"\"{GatedModel.Done}\"", StringComparison.Ordinal)));
    }
}
