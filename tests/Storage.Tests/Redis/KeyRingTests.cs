using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Sqlite;
using AgentStream.TestTools;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>The keys of Data Protection stand where sessions do, so that what one process protects another can read.</summary>
public sealed class KeyRingTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private readonly string _prefix = RedisServer.NewPrefix();
    private readonly string _folder = Directory.CreateTempSubdirectory("agentstream-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Processes_with_one_Redis_share_them_wherever_their_files_are()
    {
        using var first = await StartAsync("a");
        using var second = await StartAsync("b");
        Assert.Equal("hello", Read(second, Write(first, "hello")));

        using var raw = await redis.Server.ConnectAsync();
        Assert.Equal("1", $"{await raw.CallAsync("LLEN", $"{_prefix}:#keys")}");
    }

    [Fact]
    public async Task Processes_that_start_together_make_one_key()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() => StartAsync($"{n}"))));
        var written = all.Select(host => Write(host, "hello")).ToList();
        foreach (var host in all)
        {
            Assert.All(written, one => Assert.Equal("hello", Read(host, one)));
            host.Dispose();
        }

        using var raw = await redis.Server.ConnectAsync();
        Assert.Equal("1", $"{await raw.CallAsync("LLEN", $"{_prefix}:#keys")}");
    }

    [Fact]
    public async Task A_process_that_died_before_it_made_the_first_key_holds_up_no_other()
    {
        using var raw = await redis.Server.ConnectAsync();
        await raw.CallAsync("SET", $"{_prefix}:#keys:first", "somebody", "PX", "200");
        using var host = await StartAsync("a");
        Assert.Equal("hello", Read(host, Write(host, "hello")));
    }

    [Fact]
    public async Task What_another_program_has_put_among_them_is_left_out()
    {
        string written;
        using (var first = await StartAsync("a"))
        {
            written = Write(first, "hello");
        }

        using var raw = await redis.Server.ConnectAsync();
        await raw.CallAsync("LPUSH", $"{_prefix}:#keys", "<no xml");
        using var second = await StartAsync("b");
        Assert.Equal("hello", Read(second, written));
    }

    [Fact]
    public async Task A_program_without_Redis_keeps_them_in_its_file()
    {
        string written;
        using (var first = await StartAsync("a", hasRedis: false))
        {
            Assert.IsType<SqliteKeyRepository>(Repository(first));
            written = Write(first, "hello");
        }

        using var second = await StartAsync("a", hasRedis: false);
        Assert.Equal("hello", Read(second, written));
    }

    [Fact]
    public async Task A_program_that_says_where_they_are_keeps_them_there_under_its_own_name()
    {
        var keys = Directory.CreateDirectory(Path.Combine(_folder, "keys"));
        using var host = await StartAsync("a", configure: services => services.AddDataProtection().PersistKeysToFileSystem(keys));
        Write(host, "hello");
        Assert.Single(keys.GetFiles());
        Assert.Equal(Path.Combine(_folder, "a"), host.Services.GetRequiredService<IOptions<DataProtectionOptions>>().Value.ApplicationDiscriminator?.TrimEnd('/'));
        using var raw = await redis.Server.ConnectAsync();
        Assert.Equal("0", $"{await raw.CallAsync("EXISTS", $"{_prefix}:#keys")}");
    }

    [Fact]
    public async Task A_certificate_protects_them()
    {
        var (certificate, key) = NewCertificate();
        (string, string)[] settings = [("Certificate", certificate), ("CertificateKey", key)];
        string written;
        using (var first = await StartAsync("a", settings: settings))
        {
            written = Write(first, "hello");
        }

        using var raw = await redis.Server.ConnectAsync();
        var xml = $"{await raw.CallAsync("LINDEX", $"{_prefix}:#keys", "0")}";
        Assert.Contains("EncryptedKey", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("<masterKey", xml, StringComparison.Ordinal);

        using var second = await StartAsync("b", settings: settings);
        Assert.Equal("hello", Read(second, written));

        using var without = await StartAsync("c");
        Assert.ThrowsAny<CryptographicException>(() => Read(without, written));
    }

    [Theory]
    [InlineData("CertificateKey", "x", "which is not set")]
    [InlineData("Certificate", "no-such-file", "no such file")]
    [InlineData("Certificate", "EC", "RSA")]
    public async Task A_certificate_that_cannot_protect_them_is_refused(string setting, string value, string words)
    {
        using var others = new TestCertificates();
        (string, string)[] settings = value == "EC" ? [(setting, others.CertificateFile), ("CertificateKey", others.KeyFile)] : [(setting, value)];
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync("a", settings: settings));
        Assert.Contains($"AgentStream:DataProtection:{setting}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Encryption_at_rest_is_a_setting_and_the_start_warns_where_its_keys_stand_open_beside_the_data(bool hasCertificate)
    {
        var lines = new ConcurrentQueue<string>();
        var logger = Stub.Of<ILogger>((called, args) => called.Name switch
        {
            nameof(ILogger.IsEnabled) => true,
            nameof(ILogger.Log) => Add($"{args![1]} {args[2]}"),
            _ => null,
        });
        var (certificate, key) = NewCertificate();
        using var host = await StartAsync(
            "a",
            hasRedis: false,
            services => services.AddLogging(logging => logging.AddProvider(Stub.Of<ILoggerProvider>((called, _) => called.Name == nameof(ILoggerProvider.CreateLogger) ? logger : null)))
                .Configure<StorageOptions>(options => options.EncryptAtRest = true),
            hasCertificate ? [("Certificate", certificate), ("CertificateKey", key)] : []);
        Assert.Equal(!hasCertificate, lines.Any(line => line.StartsWith("KeysBesideData", StringComparison.Ordinal)));

        var run = new RunToken(Samples.NewSession(), "silo-1", "run-1");
        var journal = host.Services.GetRequiredService<ISessionJournal>();
        await journal.AppendAsync(run, 0, [Samples.Said("hello")]);
        Assert.Single(await journal.ReadAsync(run.Key, 0));
        var stored = await host.Services.GetRequiredService<SqliteDatabase>().ReadAsync(statements => statements.Query("SELECT record FROM records", row => row.GetString(0)));
        Assert.StartsWith("enc1:", Assert.Single(stored), StringComparison.Ordinal);

        object? Add(string line)
        {
            lines.Enqueue(line);
            return null;
        }
    }

    private static string Write(IHost host, string text) => Protector(host).Protect(text);

    private static string Read(IHost host, string text) => Protector(host).Unprotect(text);

    private static IDataProtector Protector(IHost host) => host.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");

    private static object? Repository(IHost host) => host.Services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlRepository;

    private (string Certificate, string Key) NewCertificate()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=keys", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (file, keyFile) = (Path.Combine(_folder, "certificate.pem"), Path.Combine(_folder, "key.pem"));
        File.WriteAllText(file, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return (file, keyFile);
    }

    private async Task<IHost> StartAsync(string name, bool hasRedis = true, Action<IServiceCollection>? configure = null, params (string Name, string Value)[] settings)
    {
        var root = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        var builder = Host.CreateEmptyApplicationBuilder(new() { ContentRootPath = root });
        builder.Configuration["AgentStream:RedisPrefix"] = _prefix;
        builder.Configuration["AgentStream:RedisTimeout"] = "1m";
        if (hasRedis)
        {
            builder.Configuration[$"ConnectionStrings:{AgentStreamOptions.RedisConnectionName}"] = redis.Server.Configuration;
        }

        foreach (var (setting, value) in settings)
        {
            builder.Configuration[$"AgentStream:DataProtection:{setting}"] = value;
        }

        builder.Services.AddStorage(builder.Configuration);
        configure?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync().Within();
        return host;
    }
}
