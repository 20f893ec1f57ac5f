using AgentStream;
using AgentStream.Events;
using AgentStream.Worker;

// worker PROMPT...: asks all of them at once, each in a session of its own, and says what happens. A prompt's session has the number of the prompt in its name, so a
// worker that is started again with the same job continues where it was: what runs is followed, what is done is read, and nothing is asked twice.
var job = Environment.GetEnvironmentVariable("WORKER_JOB") ?? $"job-{Guid.CreateVersion7()}";

await using var connection = await Connection.OpenAsync();
var client = connection.Client;
var answers = await Task.WhenAll(args.Select((prompt, at) => WorkAsync(new SessionKey(1, 1, $"{job}-{at + 1}"), prompt)));
return answers.All(answered => answered) ? 0 : 1;

async Task<bool> WorkAsync(SessionKey key, string prompt)
{
    // What a worker before this one asked is known by the history; what it was about to ask is not there.
    if (await client.GetSessionAsync(key) is null)
    {
        await client.StartAsync(key, new RunRequest(prompt));
        Console.WriteLine($"{key.Session}: started");
    }

    var run = new Transcript();
    await foreach (var item in client.ListenAsync(key))
    {
        run.Apply(item);
        if (item is ToolCalled call)
        {
            Console.WriteLine($"{key.Session}: calls {call.Name} {call.Arguments}");
        }
    }

    run.End();

    // A run that ended a while ago has left its stream, not its session.
    if (run.Outcome == RunOutcome.Unknown && await client.GetHistoryAsync(key) is { } history)
    {
        run = history;
    }

    Console.WriteLine($"{key.Session}: {(run.Outcome == RunOutcome.Answered ? run.Answer.Trim() : run.Error ?? "has no answer")}");
    return run.Outcome == RunOutcome.Answered;
}
