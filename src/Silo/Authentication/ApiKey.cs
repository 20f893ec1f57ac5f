namespace AgentStream.Silo.Authentication;

/// <summary>A key that a program calls with, as the configuration has it: only its hash.</summary>
internal sealed class ApiKey
{
    /// <summary>The key's SHA-256, as 64 hexadecimal digits.</summary>
    public string? Hash { get; set; }

    /// <summary>The user for whom the program calls.</summary>
    public string? User { get; set; }

    /// <summary>The user's scope: the value of the claim that names it (<see cref="AgentStreamHttpOptions.ScopeClaim"/>).</summary>
    public string? Scope { get; set; }

    public bool HasHash => Hash is { Length: 64 } hash && hash.All(char.IsAsciiHexDigit);
}
