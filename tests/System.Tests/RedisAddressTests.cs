using System.Net.Http.Json;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>Everything that connects to Redis reads the same connection string: the stores, Orleans in silos, and Orleans in clients of the cluster.</summary>
public sealed class RedisAddressTests
{
    [Fact]
    public async Task A_silo_and_the_command_line_reach_a_Redis_by_TLS_as_a_user_with_a_difficult_password()
    {
        using var certificates = new TestCertificates();
        var port = Ports.Free();
        await using var server = await RedisServer.StartAsync(arguments: certificates.ArgumentsOf(port));
        using (var raw = await server.ConnectAsync())
        {
            await raw.CallAsync("ACL", "SETUSER", "agents", "on", ">p,a:s/s?w@rd", "~pyaix:*", "&pyaix:*", "+@all", "-@admin", "-@dangerous");
            await raw.CallAsync("ACL", "SETUSER", "default", "off");
        }

        // Programs that are started from here inherit it.
        Environment.SetEnvironmentVariable("SERedis_IssuerCertPath", certificates.AuthorityFile);
        var redis = FormattableString.Invariant($"rediss://agents:p%2Ca%3As%2Fs%3Fw%40rd@localhost:{port}/1");
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0", $"--ConnectionStrings:redis={redis}", SiloProcess.Gateway());
        using var http = new HttpClient { BaseAddress = silo.Url };
        using var started = await http.PostAsJsonAsync("chat", new { prompt = "what is 12*7?", session_id = "s" });
        Assert.Contains("84", await started.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        await using var asking = ProgramProcess.Start("CliProgram", ["ask", "what is 6*7?", "-s", "s", "-q", "--redis", redis], []);
        Assert.Equal((0, "6*7 is 42.\n", ""), await asking.EndAsync());
        Assert.Equal(JsonValueKind.Object, (await http.GetFromJsonAsync<JsonElement>("chat/s")).ValueKind);
    }

    [Theory]
    [InlineData("127.0.0.1:6379,password=top,S3CRET")]
    [InlineData("redis://u:S3#CRET@127.0.0.1:6379")]
    [InlineData("host=127.0.0.1;port=6379;password=S3CRET")]
    [InlineData("127.0.0.1:99999")]
    public async Task A_connection_string_that_is_none_is_one_sentence_of_the_silo_and_of_the_command_line(string text)
    {
        var (exitCode, output) = await SiloProcess.RunToExitAsync("--urls", "http://127.0.0.1:0", $"--ConnectionStrings:redis={text}");
        Assert.Equal(1, exitCode);
        IsOneSentence(output, "AgentStream cannot start: ");

        await using var listing = ProgramProcess.Start("CliProgram", ["ls", "--redis", text], []);
        var ended = await listing.EndAsync();
        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        IsOneSentence(ended.Errors, "agentstream: ");
    }

    private static void IsOneSentence(string output, string start)
    {
        Assert.StartsWith($"{start}ConnectionStrings:redis must be ", output, StringComparison.Ordinal);
        Assert.Equal(1, output.Count(c => c == '\n'));
        Assert.All((string[])["S3", "CRET", "top"], piece => Assert.DoesNotContain(piece, output, StringComparison.Ordinal));
    }
}
