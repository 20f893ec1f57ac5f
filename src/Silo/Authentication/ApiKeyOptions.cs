using Microsoft.AspNetCore.Authentication;

namespace AgentStream.Silo.Authentication;

/// <summary>The settings of <see cref="ApiKeyHandler"/>.</summary>
internal sealed class ApiKeyOptions : AuthenticationSchemeOptions
{
    /// <summary>The name of the scheme.</summary>
    public const string Scheme = "ApiKeys";

    public IReadOnlyList<ApiKey> Keys { get; set; } = [];

    /// <summary>The claim that a key's scope becomes.</summary>
    public string? ScopeClaim { get; set; }
}
