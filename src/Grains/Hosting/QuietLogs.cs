using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Hosting;

/// <summary>
/// What is logged unless the program says otherwise: what goes wrong, and where the program listens; not a page for each start nor a line for each request. For Orleans' own lines, the client has
/// <c>OrleansLogs</c>. A rule of the program's own, in the configuration (<c>Logging:LogLevel</c>) or in code, wins over a rule for the same category here.
/// </summary>
internal sealed class QuietLogs(IServiceProvider services) : IConfigureOptions<LoggerFilterOptions>
{
    private const string Watchdog = "Orleans.Runtime.Watchdog";

    private static readonly (string Category, LogLevel Least)[] Rules =
    [
        ("Microsoft.AspNetCore", LogLevel.Warning),
        // That keys are not encrypted is said where it counts, in AgentStream's own words.
        ("Microsoft.AspNetCore.DataProtection", LogLevel.Error),
        // It warns of each step of a start that takes long, on a busy machine.
        ("Orleans.Runtime.SiloLifecycleSubject", LogLevel.Error),
        ("Polly", LogLevel.Warning),
        ("System.Net.Http.HttpClient.AgentStream", LogLevel.Warning),
    ];

    private IHostApplicationLifetime? _lifetime;

    /// <inheritdoc/>
    public void Configure(LoggerFilterOptions options)
    {
        // Of rules for one category the last one counts.
        foreach (var (category, least) in Rules)
        {
            options.Rules.Insert(0, new LoggerFilterRule(null, category, least, null));
        }

        // At each start Orleans' watchdog takes a time that it has not measured yet for a deadlock of as many minutes as the machine has run.
        options.Rules.Insert(0, new LoggerFilterRule(null, Watchdog, LogLevel.Warning, (_, _, _) => IsRunning()));
    }

    /// <summary>The watchdog has a thread of its own, which may log when the services are gone: an exception here would end the process.</summary>
    private bool IsRunning()
    {
        try
        {
            // Not before: a lifetime has a logger itself.
            _lifetime ??= services.GetService<IHostApplicationLifetime>();
        }
        catch (ObjectDisposedException)
        {
            return false;
        }

        return _lifetime is { ApplicationStarted.IsCancellationRequested: true, ApplicationStopped.IsCancellationRequested: false };
    }
}
