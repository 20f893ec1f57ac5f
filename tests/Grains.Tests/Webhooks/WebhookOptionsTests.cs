using AgentStream.Grains.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Webhooks;

/// <summary>Settings of webhooks: each that is wrong is named, and no secret or URL is said.</summary>
public sealed class WebhookOptionsTests
{
    private const string Secret = "whsec_c2VjcmV0IG9mIGF0IGxlYXN0IDI0IGJ5dGVz";

    private static readonly (string, string)[] Good =
    [
        ("Endpoints:0:Url", "https://hooks.example.com/a"), ("Endpoints:0:Secret", $"{Secret} {Secret}"), ("Endpoints:0:Events:0", "run.failed"), ("Endpoints:0:Scopes:0", "acme"),
        ("AllowedHosts:0", "*.example.com"), ("AllowedHosts:1", "hooks.example.com:8443"), ("AllowedHosts:2", "[2606:4700::1111]:8443"), ("RequestSecret", Secret), ("Timeout", "5s"), ("Retries:0", "1m"),
        ("MaxWaiting", "7"),
    ];

    public static TheoryData<string, string, string> Bad => new()
    {
        { "Endpoints:0:Url", "", "Endpoints:0:Url is required." },
        { "Endpoints:0:Url", "http://hooks.example.com/s3cret", "Endpoints:0:Url must be an https URL." },
        { "Endpoints:0:Url", "https://me:s3cret@hooks.example.com", "Endpoints:0:Url must not have a user or a password." },
        { "Endpoints:0:Url", "https://10.0.0.1/s3cret", "Endpoints:0:Url must not be at a loopback, private or other address that is not public." },
        { "Endpoints:0:Secret", "", "Endpoints:0:Secret is required." },
        { "Endpoints:0:Secret", "s3cret-of-mine", "Endpoints:0:Secret must be whsec_ and 24 to 64 bytes in base64, or several such with spaces between them." },
        { "Endpoints:0:Secret", "whsec_s3cret==", "Endpoints:0:Secret must be whsec_ and 24 to 64 bytes in base64, or several such with spaces between them." },
        { "Endpoints:0:Secret", Secret + " s3cret", "Endpoints:0:Secret must be whsec_ and 24 to 64 bytes in base64, or several such with spaces between them." },
        { "Endpoints:0:Events:0", "run.ended", "Endpoints:0:Events:0 must be one of run.completed, run.canceled, run.failed, run.waiting, but is 'run.ended'." },
        { "Endpoints:0:Scopes:0", "a:b", "Endpoints:0:Scopes:0 must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ = + -, and not '.' or '..', but is 'a:b'." },
        { "Endpoints:1:Url", "https://HOOKS.example.com/a", "Endpoints:1:Url must not be the URL of another endpoint." },
        { "AllowedHosts:0", "https://example.com", "AllowedHosts:0 must be a host such as hooks.example.com, *.example.com or hooks.example.com:8443, but is 'https://example.com'." },
        { "AllowedHosts:0", "*", "AllowedHosts:0 must be a host such as hooks.example.com, *.example.com or hooks.example.com:8443, but is '*'." },
        { "AllowedHosts:0", "a.example.com:0", "AllowedHosts:0 must be a host such as hooks.example.com, *.example.com or hooks.example.com:8443, but is 'a.example.com:0'." },
        { "RequestSecret", "", "RequestSecret is required with AllowedHosts." },
        { "RequestSecret", "s3cret-of-mine", "RequestSecret must be whsec_ and 24 to 64 bytes in base64, or several such with spaces between them." },
        { "Timeout", "2m", "Timeout must be from 00:00:00.1000000 to 00:01:00, but is '00:02:00'." },
        { "Retries:0", "soon", "Retries:0 must be a duration such as 20ms, 10s, 5m, 2h, 1d or 00:00:10, but is 'soon'." },
        { "Retries:0", "8d", "Retries:0 must be from 00:00:00 to 7.00:00:00, but is '8.00:00:00'." },
        { "MaxWaiting", "0", "MaxWaiting must be from 1 to 1000000, but is '0'." },
    };

    [Fact]
    public void All_settings_are_read()
    {
        var options = Read(Good);
        var endpoint = Assert.Single(options.Endpoints);
        Assert.Equal(("https://hooks.example.com/a", "run.failed", "acme"), (endpoint.Url, Assert.Single(endpoint.Events), Assert.Single(endpoint.Scopes)));
        Assert.Equal((TimeSpan.FromSeconds(5), "1m", 7, Secret, 3), (options.Timeout, Assert.Single(options.Retries), options.MaxWaiting, options.RequestSecret, options.AllowedHosts.Count));
        var none = Read();
        Assert.Equal((0, 0, false, false, TimeSpan.FromSeconds(15)), (none.Endpoints.Count, none.AllowedHosts.Count, none.AllowHttp, none.AllowPrivateAddresses, none.Timeout));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_wrong_setting_is_named_and_no_secret_is_said(string setting, string value, string error)
    {
        var others = setting == "Endpoints:1:Url" ? [("Endpoints:1:Secret", Secret)] : Array.Empty<(string, string)>();
        var thrown = Assert.Throws<OptionsValidationException>(() => Read([.. Good, .. others, (setting, value)]));
        Assert.Equal([$"AgentStream:Webhooks:{error}"], thrown.Failures);
        Assert.DoesNotContain("s3cret", $"{thrown}", StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, $"{thrown}", StringComparison.Ordinal);
    }

    private static WebhookOptions Read(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        foreach (var (name, value) in settings)
        {
            configuration[$"AgentStream:Webhooks:{name}"] = value;
        }

        var services = new ServiceCollection();
        services.AddAgentStream(configuration);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<WebhookOptions>>().Value;
    }
}
