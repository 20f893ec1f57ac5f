using System.Diagnostics;
using System.Text;
using AgentStream.Logs;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>
/// A server that is a program on this machine. The transport of the package (2.4.0) reads lines of any length, and starts programs as the user of this process only; here the package gets no more
/// than the program's streams.
/// </summary>
internal sealed class McpProgram(string title, McpConnectionOptions options, ILoggerFactory loggers, TimeProvider time) : IClientTransport
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc/>
    public string Name => title;

    /// <inheritdoc/>
    /// <exception cref="IOException">The program cannot be started.</exception>
    public async Task<ITransport> ConnectAsync(CancellationToken cancellationToken = default)
    {
        var process = new Process { StartInfo = StartInfo() };
        try
        {
            process.Start();
        }
        catch (Exception e)
        {
            process.Dispose();
            throw new IOException("The program cannot be started.", e);
        }

        var output = new McpMessageStream(process.StandardOutput.BaseStream, McpFraming.Line, options.MaxMessageBytes);
        var session = await new StreamClientTransport(process.StandardInput.BaseStream, output, loggers).ConnectAsync(cancellationToken);
        return new McpProgramSession(title, process, session, loggers.CreateLogger<McpProgram>().Safe(), time);
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo
        {
            FileName = options.Command!,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Utf8,
            StandardOutputEncoding = Utf8,
            StandardErrorEncoding = Utf8,
            CreateNoWindow = true,
            WorkingDirectory = options.WorkingDirectory ?? "",
            UserName = options.User ?? "",
        };
        if (OperatingSystem.IsWindows())
        {
            // What npx and the like are there is found by the shell only.
            start.FileName = "cmd.exe";
            start.ArgumentList.Add("/c");
            start.ArgumentList.Add(options.Command!);
        }

        foreach (var argument in options.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        SetEnvironment(start.Environment);
        return start;
    }

    /// <summary>Gives the program what every program needs, and what the settings name: this process has secrets in its environment.</summary>
    private void SetEnvironment(IDictionary<string, string?> environment)
    {
        if (!options.InheritEnvironment)
        {
            environment.Clear();
            foreach (var (name, value) in StdioClientTransportOptions.GetDefaultEnvironmentVariables())
            {
                environment[name] = value;
            }
        }

        if (options.User is { } user)
        {
            environment.Remove("SHELL");
            (environment["USER"], environment["LOGNAME"], environment["HOME"]) = (user, user, McpUsers.HomeOf(user) ?? "/");
        }

        foreach (var (name, value) in options.Environment)
        {
            environment[name] = value;
        }
    }
}
