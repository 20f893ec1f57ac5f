using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using AgentStream.Silo.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Silo.Tests;

/// <summary>No setting's secret is in a line of the log or in an error, whether the program starts with it or not.</summary>
[Collection(nameof(ConsoleTests))]
public sealed partial class SecretSettingTests
{
    private const string Secret = "hunter2-Tr0ub4dor";
    private const string Agent = "--AgentStream:Agents:a:";
    private const string Server = Agent + "McpServers:s:";
    private const string Webhooks = "--AgentStream:Webhooks:";
    private const string Scheme = "--Authentication:Schemes:";

    // The settings that can hold a secret, each with a case below. What is new and called like one belongs here.
    private static readonly string[] Known =
    [
        "AgentSettings.ApiKey", "ApiKeyOptions.Keys", "McpConnectionOptions.Environment", "McpConnectionOptions.Headers", "WebhookEndpointOptions.Secret", "WebhookOptions.RequestSecret",

        // Settings that are read by their names, and connection strings.
        "CertificatePassword", "ClientSecret", "ConnectionStrings:redis", "SigningKeys:0:Value",
    ];

    private static readonly string[] Rooms =
        ["AgentStream.Grains.Abstractions", "AgentStream.Storage", "AgentStream.Storage.Redis", "AgentStream.Client", "AgentStream.Grains", "AgentStream.Models", "AgentStream.Mcp", "AgentStream.AspNetCore", "AgentStream.ChatPage", "AgentStream.Silo"];

    public static TheoryData<bool, string[]> Settings => new()
    {
        { false, [$"--ConnectionStrings:redis=127.0.0.1:1,password={Secret}"] },
        { false, [$"--ConnectionStrings:redis=127.0.0.1:1,user=me,password={Secret},ssl=maybe"] },
        { false, [$"--ConnectionStrings:redis=127.0.0.1:1,password=a,{Secret}"] },
        { false, [$"--ConnectionStrings:redis=127.0.0.1:1,passwrd={Secret}"] },
        { false, [$"--ConnectionStrings:redis=redis://me:{Secret}@127.0.0.1:1"] },
        { false, [$"--ConnectionStrings:redis=redis://me:{Secret}@127.0.0.1:port"] },
        { false, [$"--ConnectionStrings:redis=redis://{Secret}@127.0.0.1:1"] },
        { false, [$"--ConnectionStrings:redis=rediss://:{Secret}%zz@127.0.0.1:1"] },
        { true, [Agent + "Model=m", Agent + "Endpoint=http://127.0.0.1:1/v1", $"{Agent}ApiKey={Secret}"] },
        { false, [Agent + "Model=m", $"{Agent}ApiKey={Secret} two"] },
        { false, [Agent + "Model=m", $"{Agent}ApiKey={Secret}", Agent + "Endpoint=no-url"] },
        { false, [Agent + "Model=m", Agent + "ApiKey=k", $"{Agent}Endpoint=https://me:{Secret}@127.0.0.1:1"] },
        { true, [Agent + "Model=m", Agent + "Endpoint=http://127.0.0.1:1", Server + "Url=http://127.0.0.1:1", $"{Server}Headers:Authorization=Bearer {Secret}"] },
        { false, [Agent + "Model=m", Agent + "Endpoint=http://127.0.0.1:1", Server + "Url=http://127.0.0.1:1", $"{Server}Headers:Authorization={Secret}\n"] },
        { false, [Agent + "Model=m", Agent + "Endpoint=http://127.0.0.1:1", Server + "Command=cat", $"{Server}Headers:Authorization={Secret}"] },
        { true, [Agent + "Model=m", Agent + "Endpoint=http://127.0.0.1:1", Server + "Command=cat", $"{Server}Environment:TOKEN={Secret}"] },
        { false, [Agent + "Model=m", Agent + "Endpoint=http://127.0.0.1:1", Server + "Url=http://127.0.0.1:1", $"{Server}Environment:TOKEN={Secret}"] },
        { false, [$"{Scheme}ApiKeys:0:Hash={Secret}", Scheme + "ApiKeys:0:User=anna"] },
        { false, [Scheme + "Bearer:ValidAudience=a", $"{Scheme}Bearer:SigningKeys:0:Value={Secret}"] },
        { true, [Scheme + "OpenIdConnect:Authority=https://127.0.0.1:1", Scheme + "OpenIdConnect:ClientId=c", $"{Scheme}OpenIdConnect:ClientSecret={Secret}"] },
        { false, [Scheme + "OpenIdConnect:ClientId=c", $"{Scheme}OpenIdConnect:ClientSecret={Secret}"] },
        { false, ["--AgentStream:Cluster:Certificate=no-such-file", $"--AgentStream:Cluster:CertificatePassword={Secret}"] },
        { false, ["--AgentStream:DataProtection:Certificate=no-such-file", $"--AgentStream:DataProtection:CertificatePassword={Secret}"] },
        { true, [Webhooks + "Endpoints:0:Url=https://hooks.example.com", $"{Webhooks}Endpoints:0:Secret=whsec_{Convert.ToBase64String(Encoding.ASCII.GetBytes(Secret + Secret))}"] },
        { false, [Webhooks + "Endpoints:0:Url=https://hooks.example.com", $"{Webhooks}Endpoints:0:Secret={Secret}"] },
        { false, [$"{Webhooks}Endpoints:0:Url=https://me:{Secret}@hooks.example.com"] },
        { false, [$"{Webhooks}Endpoints:0:Url=http://hooks.example.com/{Secret}"] },
        { false, [Webhooks + "AllowedHosts:0=hooks.example.com", $"{Webhooks}RequestSecret={Secret}"] },
        { false, [$"--AgentStream:Cluster:Certificate={typeof(SecretSettingTests).Assembly.Location}", "--AgentStream:Cluster:CertificateAuthority=no-such-file", $"--AgentStream:Cluster:CertificatePassword={Secret}"] },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task A_secret_is_in_no_line_and_in_no_error(bool starts, string[] settings)
    {
        using var logs = new LogLines();
        using var errors = new StringWriter();
        Exception? thrown = null;
        var before = Console.Error;
        Console.SetError(TextWriter.Synchronized(errors));
        try
        {
            var code = await TestStartup.RunAsync(["--AgentStream:Journal=memory", "--AgentStream:RedisTimeout=100ms", .. settings], builder =>
            {
                builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
                try
                {
                    builder.AddConfiguredAuthentication();
                    builder.AddAgentStream().AddConfiguredAgents(builder.Configuration);
                    var app = builder.Build();
                    app.MapAgentStream("/chat");
                    app.Lifetime.ApplicationStarted.Register(app.Lifetime.StopApplication);
                    return app;
                }
                catch (Exception e)
                {
                    thrown = e;
                    throw;
                }
            });
            Assert.True(starts == (code == 0), errors.ToString());
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.DoesNotContain(Secret, errors.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, $"{thrown}", StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, logs.All, StringComparison.Ordinal);
        Assert.True(starts == (errors.ToString().Length == 0) && (!starts || logs.Lines.Count > 0), "That shows that the net is out.");
    }

    [Fact]
    public void Each_setting_that_is_called_like_a_secret_is_tried()
    {
        var found =
            from room in Rooms
            from type in Assembly.Load(room).GetTypes()
            where type.Name.EndsWith("Options", StringComparison.Ordinal) || type.Name.EndsWith("Settings", StringComparison.Ordinal)
            from property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            where SecretName().IsMatch(property.Name) && (property.PropertyType == typeof(string) || property.PropertyType.IsAssignableTo(typeof(IEnumerable)) || property.PropertyType.IsGenericType)
            where !property.PropertyType.IsGenericType || Nullable.GetUnderlyingType(property.PropertyType) is null
            select $"{type.Name}.{property.Name}";
        Assert.Equal(Known.Where(name => name.Contains('.', StringComparison.Ordinal)).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        Assert.All(Known, name => Assert.Contains(Settings.SelectMany(row => (string[])row[1]), setting => setting.Contains(name.Split('.')[^1], StringComparison.Ordinal) && setting.Contains(Secret, StringComparison.Ordinal)));
    }

    [GeneratedRegex("Key|Password|Secret|Token|Credential|Authorization|Headers|Environment|ConnectionString")]
    private static partial Regex SecretName();
}
