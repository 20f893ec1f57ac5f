using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Security;

/// <summary>The rules of <see cref="AgentStreamHttpOptions"/>.</summary>
internal sealed class AgentStreamHttpOptionsValidator : IValidateOptions<AgentStreamHttpOptions>
{
    public ValidateOptionsResult Validate(string? name, AgentStreamHttpOptions options)
    {
        var errors = new SettingErrors(AgentStreamHttpOptions.Section);
        if (options.ScopeClaim is { } claim && string.IsNullOrWhiteSpace(claim))
        {
            errors.Add(nameof(options.ScopeClaim), "must be the name of a claim, such as tenant", claim);
        }

        errors.Within(nameof(options.SessionTokenLifetime), options.SessionTokenLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromHours(24));
        foreach (var (i, origin) in options.AllowedOrigins.Index())
        {
            if (!IsOrigin(origin))
            {
                errors.Add($"{nameof(options.AllowedOrigins)}:{i}", "must be an origin as browsers name it, such as https://app.example.com or http://localhost:3000", origin);
            }
        }

        return errors.All is { Count: > 0 } all ? ValidateOptionsResult.Fail(all) : ValidateOptionsResult.Success;
    }

    private static bool IsOrigin(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && string.Equals(uri.GetLeftPart(UriPartial.Authority), text, StringComparison.Ordinal);
}
