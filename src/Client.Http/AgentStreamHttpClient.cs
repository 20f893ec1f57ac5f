using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using AgentStream.Client.Http;

namespace AgentStream;

/// <summary>
/// Starts, follows, cancels and finds runs from outside the cluster, over the routes that <c>MapAgentStream</c> maps (docs/protocol.md). What goes wrong comes back as the exceptions that
/// the server itself would have thrown; any member may also throw <see cref="ServerUnreachableException"/> and <see cref="ServerRefusedException"/>.
/// </summary>
/// <remarks>
/// Listening comes back by itself after a lost connection, behind its cursor; it gives up when nothing was heard of the server for <see cref="AgentStreamHttpClientOptions.ReconnectTimeout"/>. A start is
/// sent once. Where its answer is lost, whether the run has started is not known: listen to the session to see. For any number of callers at once.
/// </remarks>
public sealed partial class AgentStreamHttpClient : IAgentStreamClient, IDisposable
{
    private readonly AgentStreamHttpClientOptions _options;
    private readonly TimeProvider _time;
    private readonly RoutesClient _routes;

    /// <summary>Makes a client.</summary>
    /// <param name="options">Where the server is, and how patient to be.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="InvalidInputException">A setting breaks its rule; the exception names it.</exception>
    public AgentStreamHttpClient(AgentStreamHttpClientOptions options, TimeProvider? time = null)
        : this(Checked(options), new HttpClient(options.NewHandler()), time)
    {
    }

    /// <summary>Makes a client of an HTTP client that somebody else made.</summary>
    /// <param name="options">The settings, checked.</param>
    /// <param name="http">Sends the requests. It is this client's from now on.</param>
    /// <param name="time">The clock; null for the system's.</param>
    internal AgentStreamHttpClient(AgentStreamHttpClientOptions options, HttpClient http, TimeProvider? time)
    {
        (_options, _time) = (options, time ?? TimeProvider.System);
        http.Timeout = Timeout.InfiniteTimeSpan;
        options.ConfigureHttp?.Invoke(http);
        _routes = new RoutesClient(http, options.Address, options.IdleTimeout, _time);
    }

    /// <summary>Makes a client.</summary>
    /// <param name="address">Where the routes stand, such as <c>http://127.0.0.1:5080/chat</c>.</param>
    /// <exception cref="InvalidInputException">The address is no absolute URL of http or https.</exception>
    public AgentStreamHttpClient(Uri address)
        : this(new AgentStreamHttpClientOptions { Address = address })
    {
    }

    /// <inheritdoc/>
    public async Task<StartedRun> StartAsync(SessionKey key, RunRequest request, CancellationToken cancellationToken = default)
    {
        var response = await PostAsync(key, request, cancellationToken).ConfigureAwait(false);
        var runId = RunIdOf(response);
        if (response.Headers.TryGetValues("X-Waiting", out var places) && int.TryParse(places.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var place))
        {
            response.Dispose();
            return new StartedRun(runId, Cursor.Start, place);
        }

        await foreach (var item in new RunFollower(_routes, key, _options, _time, runId).FollowAsync(response, after: null, cancellationToken).ConfigureAwait(false))
        {
            return new StartedRun(runId, item.Cursor);
        }

        // A request that was sent before may have a run whose stream is gone.
        return request.IdempotencyKey is null
            ? throw new RunFailedException(key.ToString(), "it has started, but its events were gone before they were read")
            : new StartedRun(runId, Cursor.Start);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StreamEntry> StartAndListenAsync(
        SessionKey key, RunRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = await PostAsync(key, request, cancellationToken).ConfigureAwait(false);
        var isFirst = true;
        await foreach (var item in new RunFollower(_routes, key, _options, _time, RunIdOf(response)).FollowAsync(response, after: null, cancellationToken).ConfigureAwait(false))
        {
            if (item.IsBegin && !isFirst)
            {
                yield break;
            }

            isFirst = false;
            yield return item;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StreamEntry> ListenRawAsync(SessionKey key, Cursor? after = null, CancellationToken cancellationToken = default) =>
        new RunFollower(_routes, Mine(key), _options, _time).FollowAsync(first: null, after, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StreamEntry> ListenToSessionAsync(SessionKey key, Cursor? after = null, CancellationToken cancellationToken = default) =>
        new RunFollower(_routes, Mine(key), _options, _time, isOfSession: true).FollowAsync(first: null, after, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> CancelAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Read(await CallAsync(HttpMethod.Post, key, "/cancel", content: null, cancellationToken).ConfigureAwait(false), Json.Default.CancelAnswer)?.Cancelled ?? false;

    /// <inheritdoc/>
    public async Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        (await GetAnswerAsync(key, cancellationToken).ConfigureAwait(false))?.IsLive ?? false;

    /// <inheritdoc/>
    public async Task<SessionKey[]> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default)
    {
        Mine(user);
        var answer = await _routes.CallAsync(HttpMethod.Get, includeExternal ? $"?{Protocol.Fields.IncludeForeign}=true" : "", session: "", content: null, request: null, cancellationToken).ConfigureAwait(false);
        var sessions = Read(answer, Json.Default.LiveSessionArray) ?? [];
        return Array.ConvertAll(sessions, session => new SessionKey(session.ScopeId, session.UserId, session.SessionId));
    }

    /// <inheritdoc/>
    public async Task<SessionSummary[]> ListSessionsAsync(UserKey user, int count = SessionSummary.DefaultCount, CancellationToken cancellationToken = default)
    {
        var page = await ListSessionsAsync(user, new SessionQuery(count), cancellationToken).ConfigureAwait(false);
        return [.. page.Sessions];
    }

    /// <inheritdoc/>
    public async Task<SessionPage> ListSessionsAsync(UserKey user, SessionQuery query, CancellationToken cancellationToken = default)
    {
        Mine(user);
        ArgumentNullException.ThrowIfNull(query);
        string? next = null;
        var answer = await _routes.CallAsync(
            HttpMethod.Get, SessionPages.PathOf(query), session: "", content: null, request: null, cancellationToken, response => next = SessionPages.NextOf(response)).ConfigureAwait(false);
        var sessions = Read(answer, Json.Default.ListedSessionArray) ?? [];
        return new([.. sessions.Select(session => session.ToSummary())], next);
    }

    /// <inheritdoc/>
    public async Task<LimitUsage[]> GetLimitsAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        Mine(user);
        var answer = await _routes.CallAsync(HttpMethod.Get, "/limits", session: "", content: null, request: null, cancellationToken).ConfigureAwait(false);
        return [.. (Read(answer, Json.Default.LimitAnswerArray) ?? []).Select(limit => limit.ToUsage())];
    }

    /// <inheritdoc/>
    public async Task<SessionSnapshot?> GetSessionAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        // Two questions: a session that is forgotten in between is null, as it would be a moment later.
        return await GetAnswerAsync(key, cancellationToken).ConfigureAwait(false) is { } session
            && await CallAsync(HttpMethod.Get, key, "/messages", content: null, cancellationToken).ConfigureAwait(false) is { } messages
            ? new SessionSnapshot(session.Title, session.IsLive, session.Error, messages, session.Waiting, session.Run?.ToRun(), session.ToPending(), session.ToRules())
            : null;
    }

    /// <inheritdoc/>
    public async Task<AnswerReceipt> AnswerAsync(SessionKey key, RequestAnswer answer, CancellationToken cancellationToken = default)
    {
        var (path, body) = AnswerBody.Of(answer);
        using var content = JsonContent(body);
        var request = AnswerBody.RequestOf(answer);
        var receipt = Read(await CallAsync(HttpMethod.Post, key, path, content, cancellationToken, request).ConfigureAwait(false), Json.Default.ReceiptAnswer);
        return receipt is null ? throw new UnknownRequestException(request) : new AnswerReceipt(receipt.Pending, receipt.RunId);
    }

    /// <inheritdoc/>
    public async Task<bool> RevokeRuleAsync(SessionKey key, string ruleId, CancellationToken cancellationToken = default) =>
        await CallAsync(HttpMethod.Delete, key, $"/approval-rules/{Uri.EscapeDataString(ruleId)}", content: null, cancellationToken).ConfigureAwait(false) is not null;

    /// <inheritdoc/>
    public async Task<bool> RenameSessionAsync(SessionKey key, string title, CancellationToken cancellationToken = default)
    {
        using var content = JsonContent(JsonSerializer.SerializeToUtf8Bytes(new TitleBody(SessionTitleRules.Trim(title)), Json.Default.TitleBody));
        return await CallAsync(HttpMethod.Patch, key, "", content, cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <inheritdoc/>
    public async Task ImportMessagesAsync(SessionKey key, byte[] messages, CancellationToken cancellationToken = default)
    {
        using var content = JsonContent(messages);
        await CallAsync(HttpMethod.Put, key, "/messages", content, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task DeleteSessionAsync(SessionKey key, CancellationToken cancellationToken = default) => CallAsync(HttpMethod.Delete, key, "", content: null, cancellationToken);

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _routes.Dispose();

    private async Task<HttpResponseMessage> PostAsync(SessionKey key, RunRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        RunRequestRules.ThrowIfInvalidKey(request.IdempotencyKey);
        RunRequestRules.ThrowIfInvalidTools(request.Tools);
        using var content = JsonContent(JsonSerializer.SerializeToUtf8Bytes(StartBody.Of(Mine(key), request), Json.Default.StartBody));
        var response = await _routes.SendAsync(HttpMethod.Post, "", content, after: null, request.IdempotencyKey, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode && RoutesClient.IsEventStream(response))
        {
            return response;
        }

        using (response)
        {
            if (response.StatusCode == HttpStatusCode.UnprocessableEntity && request.IdempotencyKey is { } idempotencyKey)
            {
                throw new IdempotencyConflictException(idempotencyKey);
            }

            throw response.IsSuccessStatusCode
                ? new ServerRefusedException(response.StatusCode, "there are no AgentStream routes at this address")
                : (await Problem.ReadAsync(response, cancellationToken).ConfigureAwait(false)).ToException(response, key.ToString(), request.Agent);
        }
    }

    private Task<byte[]?> CallAsync(HttpMethod method, SessionKey key, string path, HttpContent? content, CancellationToken cancellationToken, string? request = null) =>
        _routes.CallAsync(method, $"/{Uri.EscapeDataString(Mine(key).Session)}{path}", key.ToString(), content, request, cancellationToken);

    private async Task<SessionAnswer?> GetAnswerAsync(SessionKey key, CancellationToken cancellationToken) =>
        Read(await CallAsync(HttpMethod.Get, key, "", content: null, cancellationToken).ConfigureAwait(false), Json.Default.SessionAnswer);

    private static AgentStreamHttpClientOptions Checked(AgentStreamHttpClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        return options;
    }

    private static string RunIdOf(HttpResponseMessage response) => response.Headers.TryGetValues("X-Run-Id", out var ids) ? ids.First() : "";

    /// <summary>The server takes a session's name for one of this user's, whatever the rest of the key says.</summary>
    private SessionKey Mine(SessionKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Mine(key.UserKey);
        return key;
    }

    private void Mine(UserKey user)
    {
        if (user != _options.User)
        {
            throw new InvalidInputException("user", $"must be {_options.User}, for whom the server takes this client ({nameof(AgentStreamHttpClientOptions)}.{nameof(AgentStreamHttpClientOptions.User)}), but is {user}");
        }
    }

    private static ByteArrayContent JsonContent(byte[] json) =>
        new(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private static T? Read<T>(byte[]? answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return answer is null ? null : JsonSerializer.Deserialize(answer, type);
        }
        catch (JsonException e)
        {
            throw new ServerUnreachableException($"The server's answer is not one of AgentStream's: {e.Message}", e);
        }
    }
}
