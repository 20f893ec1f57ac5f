using System.Globalization;
using System.Net;

namespace AgentStream.Chaos;

/// <summary>
/// A user who leads one conversation after the other: sends prompts, listens with two listeners at two places, cancels now and then, looks at the history and deletes the session at the end. What
/// was seen is checked after each prompt.
/// </summary>
internal sealed class Visitor(int number, Edge edge, Ledger ledger, SessionCheck check, Figures figures, FaultLog faults, Settings settings)
{
    /// <summary>How many users there are; visitors share them.</summary>
    public const int Users = 8;

    /// <summary>
    /// The longest that a run may take: itself about 20 s; and four owners, each of which may die (a lease and a look) or be paused, and a Redis that is away.
    /// </summary>
    public static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(150);

    private readonly Random _random = new(HashCode(settings.Seed, number));

    /// <summary>The user that calls.</summary>
    public int User { get; } = 1 + (number % Users);

    /// <summary>Leads conversations until no more are wanted.</summary>
    /// <param name="end">No more prompts.</param>
    /// <param name="giveUp">Gives up at once.</param>
    public async Task RunAsync(CancellationToken end, CancellationToken giveUp)
    {
        // Not all at once.
        await Task.Delay(_random.Next(3_000), CancellationToken.None);
        for (var n = 1; !end.IsCancellationRequested; n++)
        {
            var session = string.Create(CultureInfo.InvariantCulture, $"v{number}-{n}");
            ledger.Follow(session);
            var conversation = new Conversation(session);
            var count = _random.Next(2, 6);
            for (var i = 1; i <= count && !end.IsCancellationRequested && !conversation.IsBroken; i++)
            {
                await PromptAsync(conversation, string.Create(CultureInfo.InvariantCulture, $"{session}.{i}"), giveUp);
            }

            if (!conversation.IsBroken)
            {
                await check.CloseAsync(conversation, this, giveUp);
            }

            ledger.Forget(session);
        }
    }

    /// <summary>Sends a prompt until it is accepted or another one's run is found, and sees that through.</summary>
    private async Task PromptAsync(Conversation conversation, string tag, CancellationToken giveUp)
    {
        var seed = _random.Next();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(giveUp);
        patience.CancelAfter(LongestRun);
        var attempts = new List<Prompt>();
        for (var attempt = 1; ; attempt++)
        {
            var prompt = new Prompt(attempt == 1 ? tag : string.Create(CultureInfo.InvariantCulture, $"{tag}.{attempt}"), seed);
            attempts.Add(prompt);
            var listeners = new List<Task<Transcript>>();
            var response = await SendAsync(conversation.Session, prompt, patience.Token);
            if (prompt.Outcome == Outcome.Unknown)
            {
                figures.Add("prompts whose answer was lost, or an error", 1);
                if (patience.IsCancellationRequested)
                {
                    check.NoAnswer(conversation, prompt);
                    return;
                }

                await Task.Delay(_random.Next(200, 1_000), CancellationToken.None);
                continue;
            }

            if (prompt.Outcome == Outcome.Busy && !attempts.Any(earlier => earlier.Outcome == Outcome.Unknown))
            {
                check.Busy(conversation, prompt);
                return;
            }

            await SeeThroughAsync(conversation.Session, prompt, response, patience.Token);
            break;
        }

        if (!giveUp.IsCancellationRequested)
        {
            await SettleAsync(conversation, attempts, giveUp);
        }
    }

    private async Task<HttpResponseMessage?> SendAsync(string session, Prompt prompt, CancellationToken cancellationToken)
    {
        prompt.Outcome = Outcome.Unknown;
        try
        {
            var response = await edge.StartAsync(this, session, prompt.Text, cancellationToken);
            prompt.Start = DateTime.UtcNow;
            prompt.Outcome = response.StatusCode switch
            {
                HttpStatusCode.OK => Outcome.Accepted,
                HttpStatusCode.Conflict => Outcome.Busy,
                _ => Outcome.Unknown,
            };
            if (prompt.Outcome == Outcome.Accepted)
            {
                return response;
            }

            response.Dispose();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // Unknown.
        }

        return null;
    }

    private async Task SeeThroughAsync(string session, Prompt prompt, HttpResponseMessage? response, CancellationToken cancellationToken)
    {
        var listener = new Listener(edge, this, session, figures, faults);
        var asking = listener.ListenAsync("who asked", response, null, cancellationToken);
        var following = FollowLaterAsync();
        var canceling = _random.Next(8) == 0 ? CancelLaterAsync(Task.WhenAll(asking, following)) : Task.CompletedTask;
        prompt.Transcripts.AddRange(await Task.WhenAll(asking, following));
        await canceling;

        async Task<Transcript> FollowLaterAsync()
        {
            await Task.Delay(_random.Next(2_000), CancellationToken.None);
            return await listener.ListenAsync("who follows", null, _random.Next(2) == 0 ? _random.Next(1, 200) : null, cancellationToken);
        }

        async Task CancelLaterAsync(Task over)
        {
            await Task.WhenAny(over, Task.Delay(_random.Next(12_000), CancellationToken.None));
            var answers = await Task.WhenAll(Enumerable.Range(0, _random.Next(1, 3)).Select(_ => edge.CancelAsync(this, session, cancellationToken)));
            prompt.Cancels.AddRange(answers.Select(answer => (answer, DateTime.UtcNow)));
        }
    }

    /// <summary>Waits until all that belongs to the attempts is written, and has it checked.</summary>
    private async Task SettleAsync(Conversation conversation, IReadOnlyList<Prompt> attempts, CancellationToken giveUp)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(giveUp);
        patience.CancelAfter(LongestRun);
        IReadOnlyList<RunRecord>? runs;
        while ((runs = ledger.TakeIfOver(conversation.Session)) is null && !patience.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
        }

        if (runs is null)
        {
            check.NoEnd(conversation, attempts, ledger.Look(conversation.Session));
            return;
        }

        check.Check(conversation, attempts, runs);
    }

    private static int HashCode(int seed, int number) => unchecked((seed * 7919) + number);
}
