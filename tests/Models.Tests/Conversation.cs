using System.Text;
using System.Text.Json;
using AgentStream.Messages;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;

namespace AgentStream.Models.Tests;

/// <summary>A session with an agent behind an endpoint, from its history to what is in its stream.</summary>
internal sealed class Conversation : IAsyncDisposable
{
    private readonly StandaloneRuntime _runtime;
    private readonly Agent _agent;
    private byte[] _saved = "[]"u8.ToArray();
    private StandaloneSession? _session;

    private Conversation(ModelServer server, StandaloneRuntime runtime, Agent agent) => (Server, _runtime, _agent) = (server, runtime, agent);

    public ModelServer Server { get; }

    /// <summary>The messages that the endpoint got with its latest request.</summary>
    public IReadOnlyList<JsonElement> Sent => [.. Server.Requests[^1].Body.GetProperty("messages").EnumerateArray()];

    /// <summary>The history as it is kept.</summary>
    public JsonElement Saved => JsonElement.Parse(_saved);

    public static Task<Conversation> StartAsync(params RequestDelegate[] replies) => StartAsync(_ => { }, replies);

    public static async Task<Conversation> StartAsync(Action<AgentBuilder> agent, params RequestDelegate[] replies)
    {
        var server = await ModelServer.StartAsync(replies);
        var runtime = await StandaloneRuntime.StartAsync(configure: options => options.GracePeriod = TimeSpan.FromHours(1));
        return new Conversation(server, runtime, runtime.NewAgent("assistant", builder => agent(builder.UseChatClient(_ => server.Client()).TrustImports())));
    }

    /// <summary>Begins with a history of others.</summary>
    public void Import(string json) => (_saved, _session) = (Encoding.UTF8.GetBytes(json), null);

    /// <summary>Forgets all that is not saved, as a process does that starts again.</summary>
    public void StartAgain() => _session = null;

    /// <summary>Runs a prompt to its end, which must be a good one, and gives what the model said last.</summary>
    public async Task<string> AskAsync(string prompt)
    {
        var events = await RunAsync(prompt);
        Assert.DoesNotContain(events, item => item.StartsWith("error", StringComparison.Ordinal));
        return string.Concat(Saved.EnumerateArray().Last().GetProperty("parts").EnumerateArray()
            .Where(part => part.GetProperty("part_kind").GetString() == "text").Select(part => part.GetProperty("content").GetString()));
    }

    /// <summary>Runs a prompt to its end and gives what is in the stream: <c>{type} {body}</c>.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="cancelAfter">What the stream shows before the run is canceled; null for a run that goes to its end.</param>
    public async Task<IReadOnlyList<string>> RunAsync(string prompt, string? cancelAfter = null)
    {
        _session ??= new StandaloneSession(
            _ => new(ModelMessages.FromJson(_saved)),
            (messages, _) =>
            {
                _saved = ModelMessages.ToJson(messages);
                return ValueTask.CompletedTask;
            });
        var deps = _runtime.NewDeps(new SessionKey(1, 1, SessionKey.NewSessionId()));
        var running = _runtime.RunAsync(_session, _agent, prompt, deps);
        var events = new List<string>();
        await ListenAsync().Within();
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return events;

        async Task ListenAsync()
        {
            await foreach (var item in deps.ListenAsync(wait: Wait.Limit))
            {
                events.Add($"{item.Type} {Encoding.UTF8.GetString(item.Body.Span)}");
                if (cancelAfter is not null && events[^1].Contains(cancelAfter, StringComparison.Ordinal))
                {
                    cancelAfter = null;
                    await deps.CancelAsync();
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _runtime.DisposeAsync();
        await Server.DisposeAsync();
    }
}
