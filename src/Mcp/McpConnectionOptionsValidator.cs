using System.Buffers;
using System.Globalization;

namespace AgentStream.Mcp;

/// <summary>The rules of <see cref="McpConnectionOptions"/>.</summary>
internal static class McpConnectionOptionsValidator
{
    /// <summary>What an error says of <see cref="McpConnectionOptions.Initialize"/>, before the value.</summary>
    internal const string InitializeRule = "must be auto or legacy, but is";
    internal const string ApprovalRule = "must be never, always or destructive, but is";

    private const int MaxPrefixLength = 32;
    private const int LeastMessage = 64 * 1024;
    private const int MostMessage = 128 * 1024 * 1024;
    private const string LettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly TimeSpan LeastTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MostTimeout = TimeSpan.FromMinutes(10);
    private static readonly SearchValues<char> PrefixCharacters = SearchValues.Create(LettersAndDigits + "_-");

    // RFC 9110, 5.6.2: what a header's name is made of.
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(LettersAndDigits + "!#$%&'*+-.^_`|~");

    /// <summary>Checks every setting.</summary>
    /// <param name="path">What stands before a setting's name in errors: <c>AgentStream:Agents:helper:McpServers:files:</c>.</param>
    /// <param name="options">The settings.</param>
    /// <returns>A sentence for each rule that is broken, naming the setting; without values, which may be secrets. Empty when all is well.</returns>
    public static IReadOnlyList<string> Validate(string path, McpConnectionOptions options)
    {
        var errors = new List<string>();
        var hasCommand = !string.IsNullOrWhiteSpace(options.Command);
        if (hasCommand == options.Url is not null)
        {
            errors.Add($"{path}{nameof(options.Command)} or {path}{nameof(options.Url)} must be set, and not both.");
            return errors;
        }

        if (hasCommand)
        {
            Say(options.Headers.Count > 0, nameof(options.Headers), $"goes with {nameof(options.Url)}, not with {nameof(options.Command)}");
            if (options.User is not null)
            {
                Say(string.IsNullOrWhiteSpace(options.User) || options.User.AsSpan().ContainsAny(':', '\0', '\n'), nameof(options.User), "must be the name of a user");
                Say(!OperatingSystem.IsLinux(), nameof(options.User), "can be set on Linux only");
                Say(OperatingSystem.IsLinux() && !Environment.IsPrivilegedProcess, nameof(options.User), "needs a process that runs as root: no other may start programs of other users");
            }

            foreach (var name in options.Environment.Keys.Where(k => k.Length == 0 || k.AsSpan().ContainsAny('=', '\0')))
            {
                Say(true, $"{nameof(options.Environment)}:{name}", "has a name that no environment variable can have");
            }
        }
        else
        {
            Say(options.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" }, nameof(options.Url), "must be an absolute http or https address");
            const string ForPrograms = $"goes with {nameof(options.Command)}, not with {nameof(options.Url)}";
            Say(options.Arguments.Count > 0, nameof(options.Arguments), ForPrograms);
            Say(options.Environment.Count > 0, nameof(options.Environment), ForPrograms);
            Say(options.InheritEnvironment, nameof(options.InheritEnvironment), ForPrograms);
            Say(options.WorkingDirectory is not null, nameof(options.WorkingDirectory), ForPrograms);
            Say(options.User is not null, nameof(options.User), ForPrograms);
            foreach (var (name, value) in options.Headers)
            {
                var header = $"{nameof(options.Headers)}:{name}";
                Say(name.Length == 0 || name.AsSpan().ContainsAnyExcept(TokenCharacters), header, "has a name that no header can have");
                Say(value.Any(char.IsControl), header, "must not contain control characters");
            }
        }

        Say(
            options.Prefix.Length > MaxPrefixLength || options.Prefix.AsSpan().ContainsAnyExcept(PrefixCharacters),
            nameof(options.Prefix),
            $"must have at most {MaxPrefixLength} characters, of A-Z a-z 0-9 _ -, but is '{options.Prefix}'");
        Say(!Enum.IsDefined(options.Initialize), nameof(options.Initialize), string.Create(CultureInfo.InvariantCulture, $"{InitializeRule} '{options.Initialize:D}'"));
        Say(!Enum.IsDefined(options.Approval), nameof(options.Approval), string.Create(CultureInfo.InvariantCulture, $"{ApprovalRule} '{options.Approval:D}'"));
        Say(
            options.MaxMessageBytes is < LeastMessage or > MostMessage,
            nameof(options.MaxMessageBytes),
            string.Create(CultureInfo.InvariantCulture, $"must be from {LeastMessage} to {MostMessage}, but is {options.MaxMessageBytes}"));
        Say(
            options.ConnectTimeout < LeastTimeout || options.ConnectTimeout > MostTimeout,
            nameof(options.ConnectTimeout),
            string.Create(CultureInfo.InvariantCulture, $"must be from {LeastTimeout:c} to {MostTimeout:c}, but is '{options.ConnectTimeout:c}'"));
        return errors;

        void Say(bool isBroken, string setting, string rule)
        {
            if (isBroken)
            {
                errors.Add($"{path}{setting} {rule}.");
            }
        }
    }
}
