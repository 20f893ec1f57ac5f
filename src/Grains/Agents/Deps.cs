using System.Runtime.CompilerServices;
using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Grains.Output;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream;

/// <summary>
/// A session's stream in the hands of an agent's code: every operation of the Python library's <c>Deps</c>. A tool gets it through a parameter of this type,
/// which the model does not see.
/// </summary>
public sealed class Deps
{
    // How soon a listener that came before the run sees it.
    internal static readonly TimeSpan StartPoll = TimeSpan.FromMilliseconds(100);

    private readonly RunEnvironment _environment;
    private RunHandle? _run;

    internal Deps(RunEnvironment environment, SessionKey key) => (_environment, Key) = (environment, key);

    internal Deps(RunEnvironment environment, RunHandle run)
        : this(environment, run.Key) => _run = run;

    /// <summary>The session.</summary>
    public SessionKey Key { get; }

    /// <summary>What is known of the user who started the run: the claims that <see cref="AgentBuilder.WithClaims"/> names, as they were then. Empty when nobody has authenticated the user.</summary>
    public IReadOnlyList<UserClaim> Claims { get; internal init; } = [];

    /// <summary>Finds a claim of the user.</summary>
    /// <param name="type">The claim's name, one of <see cref="AgentBuilder.WithClaims"/>.</param>
    /// <returns>The value of the first claim of that name; null for none.</returns>
    public string? FindClaim(string type) => Claims.FirstOrDefault(claim => claim.Type == type)?.Value;

    /// <summary>The session's run as this process owns it.</summary>
    /// <exception cref="InvalidOperationException">It does not: the run was not started here, or it has ended.</exception>
    internal RunHandle Run => _run ?? throw new InvalidOperationException($"Session {Key} has no run of this Deps: start one first.");

    /// <summary>Starts a run: takes the session, empties its stream, raises the live flag and adds <c>begin</c>.</summary>
    /// <returns>The run's id and the cursor of <c>begin</c>.</returns>
    /// <exception cref="SessionBusyException">The session has a run under way, of this process or another.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    public async Task<StartedRun> StartAsync()
    {
        _run = await RunHandle.StartAsync(_environment, Key);
        return new StartedRun(_run.Token.RunId, _run.Begin);
    }

    /// <summary>Ends the run: writes what is pending and <c>end</c>, takes the live flag away and lets the stream expire.</summary>
    /// <param name="gracePeriod">How long the stream stays; null for the setting <see cref="AgentStreamOptions.GracePeriod"/>.</param>
    /// <returns>A task that completes when the stream has its <c>end</c>.</returns>
    /// <exception cref="InvalidOperationException">No run was started here.</exception>
    /// <exception cref="OwnershipLostException">Another process recovered the run; nothing was written.</exception>
    public Task StopAsync(TimeSpan? gracePeriod = null) => Run.FinishAsync(error: null, gracePeriod: gracePeriod);

    /// <summary>Whether the session's live flag is there.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>True if it is.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    public Task<bool> IsLiveAsync(CancellationToken cancellationToken = default) => _environment.Store.IsLiveAsync(Key, cancellationToken);

    /// <summary>Cancels the session's run, whoever runs it.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>True for the one call that canceled it.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    public Task<bool> CancelAsync(CancellationToken cancellationToken = default) => _environment.Store.CancelAsync(Key, cancellationToken: cancellationToken);

    /// <summary>Adds an entry of any type to the run's stream.</summary>
    /// <param name="type">The type; protocol.md lists those that clients know.</param>
    /// <param name="origin">Who says it.</param>
    /// <param name="body">What it says, made JSON as <see cref="AIJsonUtilities.DefaultOptions"/> says, on one line; null for no body.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the queue.</param>
    /// <returns>A task that completes when the entry is queued; entries keep their order.</returns>
    /// <exception cref="InvalidInputException">The type is <c>begin</c> or <c>end</c>, or type or origin is empty.</exception>
    /// <exception cref="InvalidOperationException">No run was started here, or it has ended.</exception>
    /// <exception cref="OwnershipLostException">Another process recovered the run.</exception>
    public ValueTask AddAsync(string type, string origin, object? body = null, CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrEmpty(type) || type is Protocol.Begin or Protocol.End)
        {
            throw new InvalidInputException(nameof(type), "must not be empty, nor 'begin' or 'end': a run has one of each, written by the runtime");
        }

        if (string.IsNullOrEmpty(origin))
        {
            throw new InvalidInputException(nameof(origin), "must not be empty");
        }

        ReadOnlyMemory<byte> json = body is null ? default : JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), ChatJson.SerializerOptions);
        return Run.EmitAsync(type, origin, json, cancellationToken);
    }

    /// <summary>Adds an <c>error</c> entry. It says something to listeners and does not end the run.</summary>
    /// <param name="body">What it says.</param>
    /// <param name="origin">Who says it.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the queue.</param>
    /// <returns>A task that completes when the entry is queued.</returns>
    /// <inheritdoc cref="AddAsync" path="/exception"/>
    public ValueTask AddErrorAsync(object body, string origin = Protocol.DeveloperOrigin, CancellationToken cancellationToken = default) =>
        AddAsync(Protocol.Error, origin, body, cancellationToken);

    /// <summary>Adds an <c>info</c> entry.</summary>
    /// <param name="body">What it says.</param>
    /// <param name="origin">Who says it.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the queue.</param>
    /// <returns>A task that completes when the entry is queued.</returns>
    /// <inheritdoc cref="AddAsync" path="/exception"/>
    public ValueTask AddInfoAsync(object body, string origin = Protocol.DeveloperOrigin, CancellationToken cancellationToken = default) =>
        AddAsync(Protocol.Info, origin, body, cancellationToken);

    /// <summary>Starts the run's next node: <c>llm-begin</c>, and a <c>tool-return</c> for each tool result that the request carries.</summary>
    /// <param name="request">The request that goes to the model.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the queue.</param>
    /// <returns>A task that completes when the events are queued.</returns>
    public ValueTask AddNodeBeginAsync(ModelRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Run.Nodes.BeginAsync(request, cancellationToken);
    }

    /// <summary>Shows an update of the model's stream.</summary>
    /// <param name="update">The update.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the queue.</param>
    /// <returns>A task that completes when the events are queued.</returns>
    public ValueTask AddNodeEventAsync(ChatResponseUpdate update, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        return Run.Nodes.UpdateAsync(update, cancellationToken);
    }

    /// <summary>Ends the node: shows the tool calls that are still open, then <c>llm-end</c>.</summary>
    /// <param name="cancellationToken">Gives up waiting for room in the queue.</param>
    /// <returns>The response, put together from the updates.</returns>
    public async ValueTask<ModelResponse> AddNodeEndAsync(CancellationToken cancellationToken = default)
    {
        var response = await Run.Nodes.CompleteAsync(_environment.Time.GetUtcNow(), cancellationToken);
        await Run.Nodes.EndAsync(cancellationToken);
        return response;
    }

    /// <summary>
    /// Follows the session's current run from its start, as the Python library's <c>listen</c> does: gives up after <paramref name="wait"/> if nothing ever came, and after
    /// <paramref name="timeout"/> of silence later on; completes at <c>end</c>, which it does not give.
    /// </summary>
    /// <param name="wait">How long to wait for a run; null for 3 s.</param>
    /// <param name="timeout">The longest silence; null for 60 s.</param>
    /// <param name="cancellationToken">Ends the listening; the run continues.</param>
    /// <returns>The run's events, in order.</returns>
    public async IAsyncEnumerable<StreamEntry> ListenAsync(
        TimeSpan? wait = null,
        TimeSpan? timeout = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var patience = wait ?? TimeSpan.FromSeconds(3);
        var since = _environment.Time.GetTimestamp();
        while (true)
        {
            var heard = false;
            await foreach (var item in UntilSilentAsync(timeout ?? TimeSpan.FromSeconds(60), cancellationToken))
            {
                heard = true;
                if (!item.IsEnd)
                {
                    yield return item;
                }
            }

            if (heard || _environment.Time.GetElapsedTime(since) >= patience)
            {
                yield break;
            }

            await Task.Delay(StartPoll, _environment.Time, cancellationToken);
        }
    }

    private async IAsyncEnumerable<StreamEntry> UntilSilentAsync(TimeSpan timeout, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var items = PatientStream.ReadAsync(
            token => _environment.Hub.ListenAsync(Key, null, token), "the run", timeout, _environment.Time, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (items)
        {
            while (await MovedAsync(items))
            {
                yield return items.Current;
            }
        }

        static async ValueTask<bool> MovedAsync(IAsyncEnumerator<StreamEntry> items)
        {
            try
            {
                return await items.MoveNextAsync();
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
    }
}
