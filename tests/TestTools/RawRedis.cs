using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace AgentStream.TestTools;

/// <summary>A Redis client of a screenful, so that tests see what is in Redis through other eyes than the project's. One command at a time.</summary>
public sealed class RawRedis : IDisposable
{
    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    private RawRedis(TcpClient client)
    {
        _client = client;
        _stream = new BufferedStream(client.GetStream());
    }

    /// <summary>Connects to a server on this machine.</summary>
    /// <param name="port">Its port.</param>
    /// <returns>The client.</returns>
    public static async Task<RawRedis> ConnectAsync(int port)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return new RawRedis(client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and reads its answer.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <returns>A string, a long, an array of such, or null.</returns>
    /// <exception cref="InvalidOperationException">The server answered with an error; the message is the server's.</exception>
    public async Task<object?> CallAsync(params string[] command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"*{command.Length}\r\n"));
        foreach (var argument in command)
        {
            text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(argument)}\r\n{argument}\r\n");
        }

        await _stream.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()));
        await _stream.FlushAsync();
        return await AnswerAsync();
    }

    /// <summary>Sends a command whose answer is a string.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <returns>The string; null if there is none.</returns>
    public async Task<string?> TextAsync(params string[] command) => (string?)await CallAsync(command);

    /// <summary>Sends a command whose answer is a number.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <returns>The number.</returns>
    public async Task<long> NumberAsync(params string[] command) => (long)(await CallAsync(command))!;

    /// <summary>Sends a command whose answer is a list of strings.</summary>
    /// <param name="command">The command and its arguments.</param>
    /// <returns>The strings.</returns>
    public async Task<IReadOnlyList<string?>> TextsAsync(params string[] command) => [.. ((object?[])(await CallAsync(command))!).Cast<string?>()];

    /// <summary>The entries of a stream, each written <c>field=value field=value</c> in the order of its fields.</summary>
    /// <param name="key">The stream.</param>
    /// <returns>The id and the fields of each entry.</returns>
    public async Task<IReadOnlyList<(string Id, string Fields)>> EntriesAsync(string key)
    {
        var entries = (object?[])(await CallAsync("XRANGE", key, "-", "+"))!;
        return [.. entries.Cast<object?[]>().Select(entry =>
            ((string)entry[0]!, string.Join(' ', ((object?[])entry[1]!).Chunk(2).Select(pair => $"{pair[0]}={pair[1]}"))))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    private async Task<object?> AnswerAsync()
    {
        var line = await LineAsync();
        var rest = line[1..];
        switch (line[0])
        {
            case '+':
                return rest;
            case ':':
                return long.Parse(rest, CultureInfo.InvariantCulture);
            case '$':
                return await BulkAsync(int.Parse(rest, CultureInfo.InvariantCulture));
            case '*':
                var count = int.Parse(rest, CultureInfo.InvariantCulture);
                var items = new object?[Math.Max(count, 0)];
                for (var i = 0; i < items.Length; i++)
                {
                    items[i] = await AnswerAsync();
                }

                return count < 0 ? null : items;
            default:
                throw new InvalidOperationException(rest);
        }
    }

    private async Task<string?> BulkAsync(int length)
    {
        if (length < 0)
        {
            return null;
        }

        var bytes = new byte[length + 2];
        await _stream.ReadExactlyAsync(bytes);
        return Encoding.UTF8.GetString(bytes.AsSpan(0, length));
    }

    private async Task<string> LineAsync()
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (line is not [.., (byte)'\r', (byte)'\n'])
        {
            await _stream.ReadExactlyAsync(one);
            line.Add(one[0]);
        }

        return Encoding.UTF8.GetString([.. line[..^2]]);
    }
}
