using AgentStream.Logs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Health;

/// <summary>What a probe is told.</summary>
/// <param name="IsGood">Whether that is what is wanted.</param>
/// <param name="Status">The word for it.</param>
/// <param name="Checks">A word for each check; empty when they did not end in time.</param>
internal sealed record HealthState(bool IsGood, string Status, IReadOnlyList<KeyValuePair<string, string>> Checks);

/// <summary>What probes ask for: whether the process lives, and whether it is ready.</summary>
internal sealed class HealthProbes
{
    private static readonly string[] Words = [HealthWords.Ok, HealthWords.Failed, HealthWords.TimedOut];

    private readonly Drain _drain;
    private readonly ILogger _logger;
    private readonly TimeSpan _patience;
    private readonly SharedReport _live;
    private readonly SharedReport _ready;
    private string _failing = "";

    public HealthProbes(HealthCheckService checks, Drain drain, IOptions<AgentStreamHealthOptions> options, TimeProvider time, ILogger<HealthProbes> logger)
    {
        (_drain, _logger) = (drain, logger.Safe());

        // Checks of the program's own have whatever time they take; who asks does not wait for them any longer than for ours.
        _patience = options.Value.CheckTimeout * 2;
        _live = new(() => checks.CheckHealthAsync(check => check.Tags.Contains(AgentStreamHealthChecksBuilderExtensions.Live)), time);
        _ready = new(() => checks.CheckHealthAsync(check => check.Tags.Contains(AgentStreamHealthChecksBuilderExtensions.Ready)), time);
    }

    public async Task<HealthState> LiveAsync() => StateOf(await _live.ReadAsync(_patience), "live", "not_live");

    public async Task<HealthState> ReadyAsync()
    {
        // That is seen at once, whatever was kept and whether the stores answer or not.
        if (_drain.IsDraining)
        {
            return new(false, "draining", []);
        }

        var state = StateOf(await _ready.ReadAsync(_patience), "ready", "not_ready");
        Log(state);
        return state;
    }

    private static HealthState StateOf(HealthReport? report, string good, string bad)
    {
        var isGood = report is not null && report.Status != HealthStatus.Unhealthy;
        return new(isGood, isGood ? good : bad, report is null ? [] : [.. report.Entries.Select(entry => KeyValuePair.Create(entry.Key, Word(entry.Value)))]);
    }

    // A check of the program's own may say anything.
    private static string Word(HealthReportEntry entry) =>
        entry.Status != HealthStatus.Unhealthy ? HealthWords.Ok : Words.Contains(entry.Description) ? entry.Description! : HealthWords.Failed;

    /// <summary>Says a change, once.</summary>
    private void Log(HealthState state)
    {
        var failing = state.IsGood ? "" : string.Join(", ", state.Checks.Where(check => check.Value != HealthWords.Ok).Select(check => $"{check.Key} ({check.Value})"));
        failing = state.IsGood || failing.Length > 0 ? failing : "its checks do not end";
        if (Interlocked.Exchange(ref _failing, failing) == failing)
        {
            return;
        }

        if (state.IsGood)
        {
            _logger.ReadyAgain();
        }
        else
        {
            _logger.NotReady(failing);
        }
    }
}
