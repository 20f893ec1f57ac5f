using AgentStream.Logs;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Silo;

/// <summary>What a host does around its own setup: where it listens, what it logs, and how it says that it cannot start.</summary>
internal static class Startup
{
    /// <summary>Where the silo listens unless told otherwise (<c>--urls</c>).</summary>
    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>Builds the program and runs it until it is stopped.</summary>
    /// <returns>The exit code: 0 after an order to stop, also one that came during the start; 1 when it could not start, or could not continue.</returns>
    public static async Task<int> RunAsync(string[] args, Func<WebApplicationBuilder, WebApplication> build)
    {
        using var stop = new StopOrder();
        var isStarted = false;
        try
        {
            var builder = WebApplication.CreateBuilder(args);
            SetDefaults(builder);
            await using var app = build(builder);
            app.Lifetime.ApplicationStarted.Register(() =>
            {
                isStarted = true;

                // From here on the host hears it, which may let some time pass before it stops.
                stop.HandOver();
            });
            await ((IHost)app).RunAsync(stop.Token);

            // A service that ended though it must not has set it.
            return Environment.ExitCode;
        }
        catch (Exception) when (!isStarted && stop.Token.IsCancellationRequested)
        {
            // Whatever a start throws that is told to stop.
            return 0;
        }
        catch (Exception e)
        {
            // What a user can mend is one sentence; a stack trace would hide it.
            await Console.Error.WriteLineAsync($"AgentStream cannot {(isStarted ? "stop in order" : "start")}: {Sentence(e)}");
            return 1;
        }
    }

    private static string Sentence(Exception e) => SafeText.Escaped(Secrets.Redacted(Words(e)));

    private static string Words(Exception e) => e switch
    {
        AggregateException all when all.InnerExceptions.All(one => one is OptionsValidationException) => string.Join("; ", all.InnerExceptions.Select(Words)),
        AggregateException { InnerException: { } inner } => Words(inner),
        _ => e.Message.AsSpan().IndexOfAny('\r', '\n') is var end and > 0 ? e.Message[..end] : e.Message,
    };

    private static void SetDefaults(WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (configuration["urls"] is null && configuration["http_ports"] is null && configuration["https_ports"] is null)
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        var connections = ConnectionLimit.Of(configuration);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(
            listen => listen.Use(next => connection => connections.OnConnectionAsync(connection, next))));

        // This program's console is ours: nothing that any library logs forges a line, drives a terminal or has a secret.
        builder.Services.Replace(ServiceDescriptor.Singleton(services => ((ILoggerFactory)new LoggerFactory(
            services.GetServices<ILoggerProvider>(),
            services.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(),
            services.GetRequiredService<IOptions<LoggerFactoryOptions>>(),
            services.GetService<IExternalScopeProvider>())).Safe()));

        // A failed start is told in one sentence, above; the host's own report of it is a page.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);

        // Each request without a key would be two lines, as many as somebody likes to send. The answer says it.
        builder.Logging.AddFilter("AgentStream.Silo.Authentication", LogLevel.Warning);
    }
}
