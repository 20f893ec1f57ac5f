using System.Buffers;
using System.Text;
using AgentStream.AspNetCore.Sse;

namespace AgentStream.AspNetCore.Tests;

public sealed class SseFrameTests
{
    [Theory]
    [InlineData("", "data: {\"type\":\"event\",\"origin\":\"o\",\"body\":{}}\n")]
    [InlineData("{\"a\":\"\\n\"}", "data: {\"type\":\"event\",\"origin\":\"o\",\"body\":{\"a\":\"\\n\"}}\n")]
    [InlineData("[1,\n2]", "data: {\"type\":\"event\",\"origin\":\"o\",\"body\":[1,\ndata: 2]}\n")]
    [InlineData("[1,\r\n2]", "data: {\"type\":\"event\",\"origin\":\"o\",\"body\":[1,\ndata: 2]}\n")]
    [InlineData("[1,\r2]", "data: {\"type\":\"event\",\"origin\":\"o\",\"body\":[1,\ndata: 2]}\n")]
    [InlineData("\n\n[1]\n", "data: {\"type\":\"event\",\"origin\":\"o\",\"body\":\ndata: \ndata: [1]\ndata: }\n")]
    [InlineData("[1,\n\r2]", "data: {\"type\":\"event\",\"origin\":\"o\",\"body\":[1,\ndata: \ndata: 2]}\n")]
    public void A_frame_is_its_id_its_data_line_by_line_and_a_blank_line(string body, string data)
    {
        var output = new ArrayBufferWriter<byte>();
        SseFrame.Write(output, new StreamEntry(new Cursor(ulong.MaxValue, ulong.MaxValue), "event", "o", Encoding.UTF8.GetBytes(body)));

        Assert.Equal($"id: 18446744073709551615-18446744073709551615\n{data}\n", Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
