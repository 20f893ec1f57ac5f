using Microsoft.Extensions.Options;

namespace AgentStream;

/// <summary>The rules of <see cref="WebhookOptions"/>.</summary>
public sealed class WebhookOptionsValidator : IValidateOptions<WebhookOptions>
{
    private const int MostRetries = 20;

    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(7);

    /// <summary>Checks every setting.</summary>
    /// <param name="name">Not used: there is one set of settings.</param>
    /// <param name="options">The settings.</param>
    /// <returns>Success, or a sentence for each rule that is broken, which names the setting and the rule. No sentence has a secret, or a URL, which may have one.</returns>
    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new SettingErrors(WebhookOptions.Section);
        var urls = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (at, endpoint) in options.Endpoints.Index())
        {
            CheckEndpoint(errors, $"{nameof(options.Endpoints)}:{at}", endpoint, options, urls);
        }

        foreach (var (at, host) in options.AllowedHosts.Index())
        {
            if (!WebhookUrls.IsHost(host))
            {
                errors.Add($"{nameof(options.AllowedHosts)}:{at}", "must be a host such as hooks.example.com, *.example.com or hooks.example.com:8443", host);
            }
        }

        if (options.AllowedHosts.Count > 0 && string.IsNullOrWhiteSpace(options.RequestSecret))
        {
            Add(nameof(options.RequestSecret), $"is required with {nameof(options.AllowedHosts)}");
        }
        else if (!string.IsNullOrWhiteSpace(options.RequestSecret) && WebhookSecrets.Read(options.RequestSecret) is null)
        {
            Add(nameof(options.RequestSecret), WebhookSecrets.Rule);
        }

        errors.Within(nameof(options.Timeout), options.Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        CheckRetries(errors, options.Retries);
        if (options.MaxWaiting is < 1 or > 1_000_000)
        {
            errors.Add(nameof(options.MaxWaiting), "must be from 1 to 1000000", options.MaxWaiting);
        }

        return errors.All is { Count: > 0 } all ? ValidateOptionsResult.Fail(all) : ValidateOptionsResult.Success;

        void Add(string setting, string rule) => errors.Add($"{WebhookOptions.Section}:{setting} {rule}.");
    }

    private static void CheckEndpoint(SettingErrors errors, string path, WebhookEndpointOptions endpoint, WebhookOptions options, HashSet<string> urls)
    {
        var rule = string.IsNullOrEmpty(endpoint.Url) ? "is required" : WebhookUrls.Rule(endpoint.Url, options);
        if (rule is not null)
        {
            errors.Add($"{WebhookOptions.Section}:{path}:{nameof(endpoint.Url)} {rule}.");
        }
        else if (!urls.Add(new Uri(endpoint.Url).AbsoluteUri))
        {
            errors.Add($"{WebhookOptions.Section}:{path}:{nameof(endpoint.Url)} must not be the URL of another endpoint.");
        }

        if (WebhookSecrets.Read(endpoint.Secret) is null)
        {
            errors.Add($"{WebhookOptions.Section}:{path}:{nameof(endpoint.Secret)} {(string.IsNullOrWhiteSpace(endpoint.Secret) ? "is required" : WebhookSecrets.Rule)}.");
        }

        foreach (var (at, type) in endpoint.Events.Index())
        {
            if (!WebhookEvents.All.Contains(type, StringComparer.Ordinal))
            {
                errors.Add($"{path}:{nameof(endpoint.Events)}:{at}", $"must be one of {string.Join(", ", WebhookEvents.All)}", type);
            }
        }

        foreach (var (at, scope) in endpoint.Scopes.Index())
        {
            if (!KeyPart.IsValid(scope))
            {
                errors.Add($"{path}:{nameof(endpoint.Scopes)}:{at}", KeyPart.Rule, scope);
            }
        }
    }

    private static void CheckRetries(SettingErrors errors, IList<string> retries)
    {
        if (retries.Count > MostRetries)
        {
            errors.Add(nameof(WebhookOptions.Retries), $"must not have more than {MostRetries} pauses", retries.Count);
        }

        foreach (var (at, pause) in retries.Index())
        {
            if (!Durations.TryParse(pause, out var duration))
            {
                errors.Add($"{nameof(WebhookOptions.Retries)}:{at}", Durations.Rule, pause);
            }
            else
            {
                errors.Within($"{nameof(WebhookOptions.Retries)}:{at}", duration, TimeSpan.Zero, LongestPause);
            }
        }
    }
}
