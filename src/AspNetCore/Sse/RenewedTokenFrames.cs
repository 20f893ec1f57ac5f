using System.Buffers;
using System.Text.Json;
using AgentStream.AspNetCore.Security;

namespace AgentStream.AspNetCore.Sse;

/// <summary>
/// Each event as it is, and for a listener that came with a token in its address a fresh one in time: <c>event: token</c>. It has no id, so that no listener takes it for its place, and one that does not
/// ask for the event does not see it.
/// </summary>
internal sealed class RenewedTokenFrames(SessionTokens tokens, SessionToken token) : IFrameRenderer
{
    private SessionToken _token = token;

    public bool Write(IBufferWriter<byte> output, StreamEntry streamEvent)
    {
        Renew(output);
        return EventFrames.Instance.Write(output, streamEvent);
    }

    public void WriteSilence(IBufferWriter<byte> output)
    {
        if (!Renew(output))
        {
            ((IFrameRenderer)EventFrames.Instance).WriteSilence(output);
        }
    }

    public void Complete(IBufferWriter<byte> output)
    {
    }

    private bool Renew(IBufferWriter<byte> output)
    {
        if (tokens.Renew(_token) is not { } renewed)
        {
            return false;
        }

        _token = renewed;
        output.Write("event: token\ndata: "u8);
        output.Write(JsonSerializer.SerializeToUtf8Bytes(SessionTokenView.Of(renewed, tokens.Protect(renewed))));
        output.Write("\n\n"u8);
        return true;
    }
}
