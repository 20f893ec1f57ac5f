using Microsoft.Extensions.Options;

namespace AgentStream.Silo;

/// <summary>What a host does around its own setup: where it listens, what it logs, and how it says that it cannot start.</summary>
internal static class Startup
{
    /// <summary>Where the silo listens unless told otherwise (<c>--urls</c>).</summary>
    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>Builds the program and runs it until it is stopped.</summary>
    /// <returns>The exit code: 0 after an orderly stop, 1 when it could not start.</returns>
    public static async Task<int> RunAsync(string[] args, Func<WebApplicationBuilder, WebApplication> build)
    {
        try
        {
            var builder = WebApplication.CreateBuilder(args);
            SetDefaults(builder);
            await using var app = build(builder);
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is AgentStreamException or OptionsValidationException or OrleansException or ArgumentException or IOException or InvalidOperationException)
        {
            // What a user can mend is one sentence; a stack trace would hide it.
            await Console.Error.WriteLineAsync($"AgentStream cannot start: {e.Message}");
            return 1;
        }
    }

    private static void SetDefaults(WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (configuration["urls"] is null && configuration["http_ports"] is null && configuration["https_ports"] is null)
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        // A failed start is told in one sentence, above; the host's own report of it is a page.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
    }
}
