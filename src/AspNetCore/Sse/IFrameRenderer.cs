using System.Buffers;

namespace AgentStream.AspNetCore.Sse;

/// <summary>How a run's events become the frames of one response.</summary>
internal interface IFrameRenderer
{
    /// <summary>Writes an event's frames.</summary>
    /// <param name="output">Takes the frames, as UTF-8.</param>
    /// <param name="streamEvent">The event.</param>
    /// <returns>False when the response is complete with it.</returns>
    bool Write(IBufferWriter<byte> output, StreamEntry streamEvent);

    /// <summary>Writes a sign of life after a stretch of silence.</summary>
    /// <param name="output">Takes it, as UTF-8.</param>
    void WriteSilence(IBufferWriter<byte> output) => output.Write(": keep-alive\n\n"u8);

    /// <summary>Writes what follows the run's last event.</summary>
    /// <param name="output">Takes the frames, as UTF-8.</param>
    void Complete(IBufferWriter<byte> output);
}
