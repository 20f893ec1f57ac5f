using Microsoft.Extensions.Hosting;

namespace AgentStream;

/// <summary>Whether the messages of exceptions may leave the server: what the setting says, and without it only in the environment <c>Development</c>.</summary>
internal static class DetailedErrors
{
    public static bool AreShown(AgentStreamOptions options, IHostEnvironment? host) => options.IncludeDetailedErrors ?? host?.IsDevelopment() ?? false;
}
