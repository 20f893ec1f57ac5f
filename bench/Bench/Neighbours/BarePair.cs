using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Neighbours;

/// <summary>
/// The least that a token on its way through a Redis stream can take: one thread that sends XADD on a socket of its own, and one that blocks in XREAD on another. No client library,
/// no tasks, no order to keep, nobody else served.
/// </summary>
internal static class BarePair
{
    private const string Stream = "bare";

    /// <summary>Sends stamped tokens at a rate.</summary>
    /// <returns>How old each was when it had been read, in microseconds.</returns>
    public static async Task<List<double>> AgesAsync(Stage stage, int tokens, double rate)
    {
        await stage.Raw.CallAsync("DEL", Stream);
        using var reader = Connect(stage.Redis.Port);
        using var writer = Connect(stage.Redis.Port);
        var reading = Task.Factory.StartNew(() => Read(reader, tokens), TaskCreationOptions.LongRunning);
        await Task.Factory.StartNew(() => Write(writer, tokens, rate), TaskCreationOptions.LongRunning);
        return await reading;
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)Wait.Limit.TotalMilliseconds };
        socket.Connect("127.0.0.1", port);
        return socket;
    }

    private static void Write(Socket socket, int tokens, double rate)
    {
        var answer = new byte[256];
        for (var i = 0; i < tokens; i++)
        {
            Thread.Sleep(TimeSpan.FromSeconds(1 / rate));
            socket.Send(Command("XADD", Stream, "*", "type", Protocol.Event, "origin", Protocol.DefaultEventOrigin, "body", TokenPlan.Body(TokenPlan.Stamp())));
            socket.Receive(answer);
        }
    }

    private static List<double> Read(Socket socket, int tokens)
    {
        var ages = new List<double>(tokens);
        var answer = new byte[64 * 1024];
        var last = "0-0";
        while (ages.Count < tokens)
        {
            socket.Send(Command("XREAD", "BLOCK", "0", "STREAMS", Stream, last));
            var length = 0;
            do
            {
                length += socket.Receive(answer, length, answer.Length - length, SocketFlags.None);
            }
            while (!IsWhole(answer.AsSpan(0, length)));
            last = Take(answer.AsSpan(0, length), ages);
        }

        return ages;
    }

    /// <summary>An answer is whole when its last body is: it ends with the body's brace and a line's end.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> answer) => answer.EndsWith("\"}\r\n"u8) && answer.Count("\"}\r\n"u8) == Count(answer);

    /// <summary>How many entries an answer says it has: <c>*1 *2 $4 bare *N</c>.</summary>
    private static int Count(ReadOnlySpan<byte> answer) =>
        Utf8Parser.TryParse(answer["*1\r\n*2\r\n$4\r\nbare\r\n*".Length..], out int count, out _) ? count : throw new FormatException(Encoding.UTF8.GetString(answer));

    /// <summary>Takes the ages of the entries out of an answer.</summary>
    /// <returns>The id of the last one.</returns>
    private static string Take(ReadOnlySpan<byte> answer, List<double> ages)
    {
        var end = 0;
        while (answer[end..].IndexOf("\"}\r\n"u8) is var next and >= 0)
        {
            end += next + 4;
            ages.Add(TokenPlan.Age(answer[..end])!.Value);
        }

        // An entry is *2, its id, its fields: *6.
        var fields = answer.LastIndexOf("\r\n*6\r\n"u8);
        var id = answer[..fields].LastIndexOf((byte)'\n') + 1;
        return Encoding.UTF8.GetString(answer[id..fields]);
    }

    private static byte[] Command(params string[] words)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"*{words.Length}\r\n"));
        foreach (var word in words)
        {
            text.Append(CultureInfo.InvariantCulture, $"${word.Length}\r\n{word}\r\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
