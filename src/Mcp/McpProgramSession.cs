using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentStream.Mcp;

/// <summary>A program that is spoken to: from its start to its end, of which the reader of the messages is told how it came.</summary>
internal sealed class McpProgramSession : ITransport
{
    // A program that was told to end and does not is killed after this time.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly string _title;
    private readonly Process _process;
    private readonly ITransport _session;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Channel<JsonRpcMessage> _messages = Channel.CreateUnbounded<JsonRpcMessage>(new() { SingleReader = true, SingleWriter = true });
    private readonly Task _errors;
    private readonly Task _end;

    public McpProgramSession(string title, Process process, ITransport session, ILogger logger, TimeProvider time)
    {
        (_title, _process, _session, _logger, _time) = (title, process, session, logger, time);
        _errors = LogErrorsAsync();
        _end = PassAsync();
    }

    public string? SessionId => _session.SessionId;

    public ChannelReader<JsonRpcMessage> MessageReader => _messages.Reader;

    public async Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        try
        {
            await _session.SendMessageAsync(message, cancellationToken);
        }
        catch (IOException)
        {
            // It does not read any more: how it ended says more than that.
            await EndAsync();
            throw new ClientTransportClosedException(Details(null));
        }
    }

    public async ValueTask DisposeAsync()
    {
        // To a program, the end of its input is the sign to end.
        await _process.StandardInput.DisposeAsync();
        await EndAsync();
        await _session.DisposeAsync();
        await _end;
        _process.Dispose();
    }

    /// <summary>Passes messages on until the program ends, or sends what is none.</summary>
    private async Task PassAsync()
    {
        Exception? failure = null;
        try
        {
            await foreach (var message in _session.MessageReader.ReadAllAsync())
            {
                await _messages.Writer.WriteAsync(message);
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        // What it still says has no reader.
        await (failure is null ? EndAsync() : KillAsync());
        await _errors.WaitAsync(EndPatience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _messages.Writer.TryComplete(new ClientTransportClosedException(Details(failure)));
    }

    /// <summary>Waits for the program's end, and brings it about when it does not come.</summary>
    private async Task EndAsync()
    {
        using var patience = new CancellationTokenSource(EndPatience, _time);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
        }
    }

    private async Task KillAsync()
    {
        try
        {
            // With its children: those of npx do not end by themselves.
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(EndPatience, _time);
        }
        catch (Exception e) when (!_process.HasExited)
        {
            _logger.NotClosed(e, _title);
        }
        catch (Exception)
        {
            // It was faster.
        }
    }

    private StdioClientCompletionDetails Details(Exception? failure) => new()
    {
        Exception = failure,
        ExitCode = _process.HasExited ? _process.ExitCode : null,
    };

    private async Task LogErrorsAsync()
    {
        var (buffer, length) = (new char[4096], 0);
        while (await ReadAsync(buffer.AsMemory(length)) is > 0 and var count)
        {
            length += count;
            var start = 0;
            while (buffer.AsSpan(start, length - start).IndexOf('\n') is >= 0 and var end)
            {
                Log(buffer.AsSpan(start, end));
                start += end + 1;
            }

            // A line that does not end is logged in pieces.
            if (start == 0 && length == buffer.Length)
            {
                Log(buffer);
                start = length;
            }

            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
        }

        Log(buffer.AsSpan(0, length));
    }

    private async ValueTask<int> ReadAsync(Memory<char> buffer)
    {
        try
        {
            return await _process.StandardError.ReadAsync(buffer);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            return 0;
        }
    }

    private void Log(ReadOnlySpan<char> line)
    {
        if (!line.Trim().IsEmpty)
        {
            _logger.ErrorWritten(_title, line.TrimEnd('\r').ToString());
        }
    }
}
