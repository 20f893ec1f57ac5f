using Microsoft.AspNetCore.Builder;

namespace AgentStream.Silo.Tests;

/// <summary>The silo's start and stop, on a free port. A stop takes as long as it takes: one that is given up is another exit code.</summary>
internal static class TestStartup
{
    public static Task<int> RunAsync(string[] arguments, Func<WebApplicationBuilder, WebApplication> build) =>
        Startup.RunAsync(["--urls", "http://127.0.0.1:0", "--shutdownTimeoutSeconds=3600", .. arguments], build);
}
