using System.Buffers;

namespace AgentStream.AspNetCore.Sse;

/// <summary>Each event as one frame, as it is (<see cref="SseFrame"/>).</summary>
internal sealed class EventFrames : IFrameRenderer
{
    public static readonly EventFrames Instance = new();

    public bool Write(IBufferWriter<byte> output, StreamEntry streamEvent)
    {
        SseFrame.Write(output, streamEvent);
        return true;
    }

    public void Complete(IBufferWriter<byte> output)
    {
    }
}
