using AgentStream.Storage.Redis;
using AgentStream.TestTools;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>A server that speaks TLS and asks who is there.</summary>
public sealed class TlsAndUserTests : IAsyncLifetime, IDisposable
{
    private const string Password = "p,a:s/s?w#[]@%o=r;d ü";
    private const string InUri = "p%2Ca%3As%2Fs%3Fw%23%5B%5D%40%25o%3Dr%3Bd%20%C3%BC";

    private readonly TestCertificates _certificates = new();
    private readonly int _tls = Ports.Free();
    private readonly StorageOptions _options = RedisStage.NewOptions();
    private RedisServer? _server;

    private RedisServer Server => _server!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync(arguments: _certificates.ArgumentsOf(_tls));
        using var raw = await _server.ConnectAsync();
        await raw.CallAsync("ACL", "SETUSER", "us:er", "on", $">{Password}", $"~{_options.RedisPrefix}:*", $"&{_options.RedisPrefix}:*", "+@all", "-@admin", "-@dangerous");
        await raw.CallAsync("ACL", "SETUSER", "plain", "on", ">simple", "~*", "&*", "+@all");
        await raw.CallAsync("ACL", "SETUSER", "default", "off");

        // The client's own way to trust an authority that the machine does not know.
        Environment.SetEnvironmentVariable("SERedis_IssuerCertPath", _certificates.AuthorityFile);
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData("rediss://us%3Aer:{1}@127.0.0.1:{0}/2")]
    [InlineData("rediss://us%3Aer:{1}@localhost:{0}")]
    [InlineData("rediss://plain:simple@127.0.0.1:{0}")]
    [InlineData("127.0.0.1:{0},ssl=true,user=plain,password=simple")]
    [InlineData("127.0.0.1:{0},ssl=true,user=plain,password=simple,protocol=resp2")]
    public async Task Runs_work_and_cancels_are_heard(string text)
    {
        await using var connection = await OpenAsync(text);
        using var log = new RedisStreamStore(connection, Options.Create(_options));
        var run = new RunToken(new(1, 2, Guid.NewGuid().ToString()), "silo", "run");
        var canceled = new TaskCompletionSource<RunToken?>();
        await using var watch = await log.WatchRunsAsync("silo", canceled.SetResult);

        await log.StartAsync(run);
        Assert.True(await log.CancelAsync(run.Key));

        Assert.Equal(run, await canceled.Task.Within());
        Assert.Equal(RunStatus.Canceled, (await log.FinishAsync(run, 1, [], TimeSpan.Zero)).Status);
    }

    [Theory]
    [InlineData("rediss://us%3Aer:S3%2CCRET@127.0.0.1:{0}")]
    [InlineData("127.0.0.1:{0},ssl=true,user=plain,password=S3CRET")]
    [InlineData("127.0.0.1:{0},ssl=true,password=S3CRET")]
    [InlineData("127.0.0.1:{0},ssl=true,user=S3CRET,password=S3CRET")]
    [InlineData("127.0.0.1:{0},ssl=true,sslHost=wrong.example.com,user=plain,password=S3CRET")]
    [InlineData("127.0.0.1:{0},user=plain,password=S3CRET")]
    public async Task Who_is_not_let_in_is_told_so_in_one_sentence_without_a_secret(string text)
    {
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => OpenAsync(text + (text.Contains("://", StringComparison.Ordinal) ? "?" : ",") + "connectRetry=1")).Within();

        Assert.StartsWith($"Redis at 127.0.0.1:{_tls} cannot be reached: ", error.Message, StringComparison.Ordinal);
        Assert.All((string[])["S3CRET", "S3", "CRET"], piece => Assert.DoesNotContain(piece, error.Message, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("abortConnect", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private Task<RedisConnection> OpenAsync(string text) =>
        RedisConnection.ConnectAsync(string.Format(null, text, _tls, InUri), Options.Create(_options), TimeProvider.System);
}
