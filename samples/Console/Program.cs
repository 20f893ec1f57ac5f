using System.ComponentModel;
using AgentStream;
using AgentStream.Events;
using AgentStream.Messages;
using AgentStream.Samples;

// console [FILE]: talks with an agent in the terminal. The history is kept in FILE.
var file = args.FirstOrDefault() ?? "history.json";
var delay = TimeSpan.TryParse(Environment.GetEnvironmentVariable("TOKEN_DELAY"), out var given) ? given : (TimeSpan?)null;

// null: events stay in memory. With a Redis, others can follow the runs, and cancel them.
await using var runtime = await StandaloneRuntime.StartAsync(Environment.GetEnvironmentVariable("REDIS"), configureStorage: storage =>
    storage.RedisPrefix = Environment.GetEnvironmentVariable("REDIS_PREFIX") ?? storage.RedisPrefix);
var agent = runtime.NewAgent("console", agent => agent
    .UseChatClient(_ => new StandInModel(delay))
    .WithTool(CountLetters, "count_letters"));
var session = new StandaloneSession(
    load: async stop => File.Exists(file) ? ModelMessages.FromJson(await File.ReadAllBytesAsync(file, stop)) : [],
    save: async (messages, stop) => await File.WriteAllBytesAsync(file, ModelMessages.ToJson(messages), stop));

CancellationTokenSource? current = null;
Console.CancelKeyPress += (_, press) =>
{
    // The first Ctrl+C of a run is for the run. Without a run, it ends the program.
    if (current is { IsCancellationRequested: false } run)
    {
        press.Cancel = true;
        run.Cancel();
    }
};

Console.Write("> ");
while (Console.ReadLine() is { } prompt)
{
    if (!string.IsNullOrWhiteSpace(prompt))
    {
        await AskAsync(prompt);
    }

    Console.Write("> ");
}

async Task AskAsync(string prompt)
{
    var canceling = current = new CancellationTokenSource();
    var deps = runtime.NewDeps(new SessionKey(1, 1, "console"));
    var run = runtime.RunAsync(session, agent, prompt, deps, canceling.Token);

    // Until the run has begun, the session has the stream of the last one.
    while (!run.IsCompleted && !await deps.IsLiveAsync())
    {
        await Task.Delay(TimeSpan.FromMilliseconds(10));
    }

    await foreach (var entry in deps.ListenAsync(timeout: TimeSpan.FromHours(1)))
    {
        Console.Write(AgentEvent.Read(entry) switch
        {
            TextStarted text => text.Text,
            TextDelta text => text.Text,
            ToolCalled call => $"[{call.Name} {call.Arguments}]\n",
            ErrorAdded error => $"\n[{error.Message}]",
            _ => "",
        });
    }

    Console.WriteLine();
    current = null;
    try
    {
        await run;
    }
    catch (RunCanceledException)
    {
        // The stream has said so.
    }
}

[Description("Counts the letters of a word.")]
static string CountLetters(string word) => $"{word} has {word.Length} letters.";
