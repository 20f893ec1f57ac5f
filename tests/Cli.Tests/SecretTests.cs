namespace AgentStream.Cli.Tests;

/// <summary>What a user types to be let in is in no error.</summary>
[Collection(nameof(ConsoleTests))]
public sealed class SecretTests
{
    private const string Secret = "hunter2-Tr0ub4dor";

    [Theory]
    [InlineData(2, "ls", "--url", "ftp://me:" + Secret + "@127.0.0.1:1")]
    [InlineData(4, "ls", "--url", "http://me:" + Secret + "@127.0.0.1:1")]
    [InlineData(2, "ls", "--header", "Authorization " + Secret)]
    [InlineData(2, "ls", "--header", "Author ization: " + Secret)]
    [InlineData(4, "ls", "--url", "http://127.0.0.1:1", "--header", "Authorization: Bearer " + Secret)]
    [InlineData(2, "ls", "--redis", "redis://me:" + Secret + "@127.0.0.1:port")]
    [InlineData(4, "ls", "--redis", "127.0.0.1:1,password=" + Secret)]
    public async Task A_secret_is_in_no_error(int exitCode, params string[] args)
    {
        var (before, errors) = (Console.Error, new StringWriter());
        Console.SetError(TextWriter.Synchronized(errors));
        try
        {
            Assert.Equal(exitCode, await CommandLine.RunAsync(args));
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.StartsWith("agentstream: ", errors.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, errors.ToString(), StringComparison.Ordinal);
    }
}
