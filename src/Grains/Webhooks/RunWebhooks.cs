using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using AgentStream.Background;
using AgentStream.Grains.Output;
using AgentStream.Messages;
using AgentStream.Storage;
using AgentStream.Storage.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Webhooks;

/// <summary>
/// Puts the ends of runs into the outbox. An end is announced before the journal has it, so that none is lost with the process, and confirmed when the stream has it, too. What is only announced when it
/// is due is looked up in the journal (<see cref="WebhookEnds"/>), so that none is sent for an end that never came. A run that nobody is to hear of costs nothing.
/// </summary>
internal sealed class RunWebhooks(RunEnvironment environment, WebhookReceivers receivers, IOptions<WebhookOptions> options, AtRestProtection protection, IServiceProvider services)
{
    /// <summary>How long an end may take from its announcement on until somebody looks it up.</summary>
    internal static readonly TimeSpan LookUpAfter = TimeSpan.FromSeconds(30);

    private readonly FaultLog _faults = new(environment.Logger);

    /// <summary>Whether somebody can hear of runs.</summary>
    public bool IsOn => receivers.AreThere;

    /// <summary>The outbox. Asked for only where there is something to put into it.</summary>
    public IWebhookOutbox Outbox => field ??= services.GetRequiredService<IWebhookOutbox>();

    /// <summary>Comes when there is something to send.</summary>
    public Channel<bool> Ready { get; } = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Refuses a request whose webhook breaks a rule.</summary>
    /// <exception cref="InvalidInputException">It does; the exception names the field and the rule.</exception>
    public void Check(RunRequest request)
    {
        var broken = request is { Webhook: not null, OnBusy: BusySessionBehavior.Steer }
            ? "must be left out with on_busy \"steer\": such a prompt may join the run of another"
            : WebhookUrls.RequestRule(request.Webhook, options.Value);
        if (broken is not null)
        {
            throw new InvalidInputException(Protocol.Fields.Webhook, broken);
        }
    }

    /// <summary>Announces that a run is about to end.</summary>
    /// <param name="run">The run.</param>
    /// <param name="agent">Its agent's name.</param>
    /// <param name="requested">The URL that its request brought; null for none.</param>
    /// <param name="isPaused">Whether it waits for somebody.</param>
    /// <param name="error">What is said of a run that did not complete.</param>
    /// <returns>What was announced; null for nothing.</returns>
    /// <exception cref="OperationCanceledException">The store was given up on.</exception>
    public async Task<WebhookNotice?> AnnounceAsync(RunHandle run, string agent, string? requested, bool isPaused, RunError? error)
    {
        if (!IsOn)
        {
            return null;
        }

        var type = isPaused ? WebhookEvents.RunWaiting : WebhookEnds.TypeOf(error?.Message);
        List<string>? ids = null;
        foreach (var receiver in receivers.Of(run.Key, type, requested))
        {
            var now = environment.Time.GetUtcNow();
            var id = $"msg_{WebhookReceivers.NameOf($"{run.Key} {run.Token.RunId} {type} {receiver.Endpoint ?? receiver.Requested}")}";
            var content = new WebhookContent(run.Token.RunId, type, now, receiver.Endpoint, receiver.Requested, Body(run, agent, type, error, now)).ToJson();
            try
            {
                var isKept = await environment.PatientlyAsync(
                    async () => await Outbox.AddAsync(
                        new WebhookDelivery(id, receiver.Queue, run.Key, WebhookDelivery.Announced, protection.WriteWebhook(run.Key, id, content)), now + LookUpAfter, options.Value.MaxWaiting, run.GivenUp),
                    run.GivenUp);
                if (isKept)
                {
                    (ids ??= []).Add(id);
                    _faults.Worked(receiver.Queue);
                }
                else if (_faults.IsNew(receiver.Queue, ""))
                {
                    environment.Logger.WebhookDropped(id, receiver.Url.Host, options.Value.MaxWaiting);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // A run does not fail because nobody hears of its end.
                environment.Logger.WebhookNotKept(e, id, receiver.Url.Host);
            }
        }

        return ids is null ? null : new WebhookNotice(this, ids);
    }

    internal async Task ConfirmAsync(IReadOnlyList<string> ids)
    {
        try
        {
            foreach (var id in ids)
            {
                await Outbox.SetAsync(id, WebhookDelivery.Announced, 0, environment.Time.GetUtcNow());
            }

            Ready.Writer.TryWrite(true);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException)
        {
            // When they are due, the journal says the same.
        }
    }

    /// <summary>What is sent: fixed words and ids. What was asked and answered, and what exceptions say, is not for all who hear of a run.</summary>
    private static string Body(RunHandle run, string agent, string type, RunError? error, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonValues.Writing))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("timestamp", now.UtcDateTime);
            json.WriteStartObject("data");
            json.WriteString("scope_id", run.Key.Scope);
            json.WriteString("user_id", run.Key.User);
            json.WriteString("session_id", run.Key.Session);
            json.WriteString("run_id", run.Token.RunId);
            json.WriteString("agent", agent);
            json.WriteString("status", type["run.".Length..]);
            if (type == WebhookEvents.RunFailed)
            {
                json.WriteString("error", FailureReasons.IsKnown(error?.Reason) ? error!.Reason : FailureReasons.Internal);
            }

            json.WriteString("begin", run.Begin.ToString());
            if (run.Last is { } last)
            {
                json.WriteString("last", last.ToString());
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>Webhooks that were announced.</summary>
internal sealed class WebhookNotice(RunWebhooks webhooks, IReadOnlyList<string> ids)
{
    /// <summary>The run has come to the end that was announced.</summary>
    public Task ConfirmAsync() => webhooks.ConfirmAsync(ids);
}
