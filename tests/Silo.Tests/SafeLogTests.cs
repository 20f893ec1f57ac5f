using AgentStream.Logs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentStream.Silo.Tests;

/// <summary>What others say cannot forge a line of the log, nor drive the terminal that shows it, whichever library logs it.</summary>
public sealed partial class SafeLogTests
{
    private const string Evil = "a\r\n2026-01-01 fail: forged\u001b[2J\u202e\u2028\u009b31m\u0007\tz";
    private const string Shown = @"a\r\n2026-01-01 fail: forged\u001b[2J\u202e\u2028\u009b31m\u0007\tz";

    [Fact]
    public async Task All_that_the_silo_logs_is_on_one_line_and_harmless()
    {
        using var logs = new LogLines();
        await LogAsync(logs, logger => Greet(logger, Evil, 7));
        var (text, values, _) = Assert.Single(logs.Lines, line => line.Text.StartsWith("hello", StringComparison.Ordinal));
        Assert.Equal($"hello {Shown} 7", text);
        Assert.StartsWith($"Name={Shown}|Number=7|", values, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_lines_of_an_exception_are_set_in_and_its_message_cannot_look_like_another_entry()
    {
        using var logs = new LogLines();
        await LogAsync(logs, logger => Fail(logger, Thrown(new InvalidOperationException("outer\nfail: forged\u001b[2J", Thrown(new IOException(Evil))))));
        var exception = Assert.Single(logs.Lines, line => line.Text == "it failed").Exception!;
        Assert.Equal(@"outer\nfail: forged\u001b[2J", exception.Message);
        var lines = exception.ToString().Split(Environment.NewLine);
        Assert.Equal("System.InvalidOperationException: outer", lines[0]);
        Assert.Equal(@"   | fail: forged\u001b[2J", lines[1]);
        Assert.Contains(lines, line => line.StartsWith("   at ", StringComparison.Ordinal));
        Assert.All(lines.Skip(1), line => Assert.True(line.StartsWith("   ", StringComparison.Ordinal) || line.StartsWith(" ---> ", StringComparison.Ordinal), line));
        Assert.DoesNotContain(exception.ToString(), c => char.IsControl(c) && !Environment.NewLine.Contains(c));
    }

    [Fact]
    public async Task A_harmless_exception_stays_what_it_is()
    {
        using var logs = new LogLines();
        var thrown = Thrown(new InvalidOperationException("outer", Thrown(new IOException("inner"))));
        await LogAsync(logs, logger => Fail(logger, thrown));
        Assert.Same(thrown, Assert.Single(logs.Lines, line => line.Text == "it failed").Exception);
    }

    [Fact]
    public void What_looks_like_a_secret_is_hidden_and_what_is_known_to_be_one() =>
        Assert.Equal(
            "Password=*** of *** and ***: Bearer ***",
            Secrets.Redacted("Password=hunter2hunter2 of abcdefgh and abcdefgh-ijk: Bearer 0123456789", Secrets.In(["Basic abcdefgh", "abcdefgh-ijk", "short", null])));

    [Fact]
    public async Task A_scope_is_on_one_line_and_has_no_secret()
    {
        using var logs = new LogLines();
        await LogAsync(logs, logger =>
        {
            Greeted(logger, Evil, 7);
            logger.BeginScope(new Dictionary<string, object> { ["Path"] = "password=hunter2hunter2", ["Number"] = 7 });
            logger.BeginScope(Evil);
        });
        Assert.Contains(($"hello {Shown} 7", $"Name={Shown}|Number=7|{{OriginalFormat}}=hello {{Name}} {{Number}}"), logs.Scopes);
        Assert.Contains(logs.Scopes, scope => scope.Values == "Path=password=***|Number=7");
        Assert.Contains((Shown, ""), logs.Scopes);
    }

    private static async Task LogAsync(LogLines logs, Action<ILogger> log) => await TestStartup.RunAsync([], builder =>
    {
        builder.Logging.ClearProviders().AddProvider(logs);
        var app = builder.Build();
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            // As any library would get it.
            log(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Somebody"));
            app.Lifetime.StopApplication();
        });
        return app;
    });

    private static readonly Func<ILogger, string, int, IDisposable?> Greeted = LoggerMessage.DefineScope<string, int>("hello {Name} {Number}");

    [LoggerMessage(1, LogLevel.Error, "hello {Name} {Number}")]
    private static partial void Greet(ILogger logger, string name, int number);

    [LoggerMessage(2, LogLevel.Error, "it failed")]
    private static partial void Fail(ILogger logger, Exception exception);

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }
}
