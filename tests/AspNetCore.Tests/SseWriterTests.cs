using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using AgentStream.AspNetCore.Sse;
using AgentStream.TestTools;

namespace AgentStream.AspNetCore.Tests;

public sealed class SseWriterTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));

    [Fact]
    public async Task Events_that_are_ready_are_written_without_a_flush_between_them()
    {
        var output = new CountingWriter(_pipe.Writer);
        await new SseWriter(output, _time, EventFrames.Instance).WriteAsync(_ => Ready(100), CancellationToken.None);

        Assert.Equal(0, output.Flushes);
        await output.CompleteAsync();
        Assert.Equal(Frames(100), await ReadToEndAsync());
    }

    [Fact]
    public async Task A_flood_of_ready_events_is_flushed_every_now_and_then()
    {
        var output = new CountingWriter(_pipe.Writer);
        var reading = ReadToEndAsync();
        await new SseWriter(output, _time, EventFrames.Instance).WriteAsync(_ => Ready(10_000), CancellationToken.None);
        await output.CompleteAsync();

        var text = await reading.Within();
        Assert.Equal(Frames(10_000), text);
        Assert.InRange(output.Flushes, 2, text.Length / (32 * 1024));
    }

    [Fact]
    public async Task Events_are_flushed_before_the_next_one_is_waited_for()
    {
        var events = Channel.CreateUnbounded<StreamEntry>();
        var writing = new SseWriter(_pipe.Writer, _time, EventFrames.Instance).WriteAsync(events.Reader.ReadAllAsync, CancellationToken.None);
        for (var n = 1; n <= 3; n++)
        {
            events.Writer.TryWrite(Event(n));
            Assert.Equal(Frame(n), await ReadAsync(Frame(n).Length).Within());
        }

        events.Writer.Complete();
        await writing.Within();
    }

    [Fact]
    public async Task A_listener_that_does_not_read_is_given_up_and_one_that_reads_slowly_is_not()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var events = Channel.CreateUnbounded<StreamEntry>();
        var writing = new SseWriter(pipe.Writer, _time, EventFrames.Instance).WriteAsync(events.Reader.ReadAllAsync, CancellationToken.None);
        for (var n = 1; n <= 3; n++)
        {
            events.Writer.TryWrite(Event(n));
            var read = await pipe.Reader.ReadAsync().AsTask().Within();
            _time.Advance(SseWriter.Patience - TimeSpan.FromSeconds(1));
            Assert.False(writing.IsCompleted);
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        events.Writer.TryWrite(Event(4));
        await pipe.Reader.ReadAsync().AsTask().Within();
        await Wait.Until(
            () =>
            {
                _time.Advance(SseWriter.Patience + TimeSpan.FromSeconds(1));
                return writing.IsCompleted;
            },
            "the listener is given up");
        await Assert.ThrowsAsync<ListenerStalledException>(() => writing);
    }

    [Fact]
    public async Task Each_stretch_of_silence_is_broken_by_a_comment_and_loses_no_event()
    {
        var events = Channel.CreateUnbounded<StreamEntry>();
        var writing = new SseWriter(_pipe.Writer, _time, EventFrames.Instance).WriteAsync(events.Reader.ReadAllAsync, CancellationToken.None);
        const string Comment = ": keep-alive\n\n";
        for (var n = 1; n <= 3; n++)
        {
            events.Writer.TryWrite(Event(n));
            Assert.Equal(Frame(n), await ReadAsync(Frame(n).Length).Within());

            // A frame that has arrived was flushed after the silence began, so it is measured from here.
            _time.Advance(TimeSpan.FromSeconds(14.9));
            Assert.False(_pipe.Reader.TryRead(out _));
            _time.Advance(TimeSpan.FromSeconds(0.1));
            Assert.Equal(Comment, await ReadAsync(Comment.Length).Within());
            _time.Advance(TimeSpan.FromSeconds(15));
            Assert.Equal(Comment, await ReadAsync(Comment.Length).Within());

            // An event ends a silence before its time; the next one starts from nothing.
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        events.Writer.Complete();
        await writing.Within();
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task Silence_that_ends_as_the_next_event_comes_neither_loses_nor_repeats_one()
    {
        const int Count = 2_000;
        var events = Channel.CreateUnbounded<StreamEntry>();
        var writing = new SseWriter(_pipe.Writer, _time, EventFrames.Instance).WriteAsync(events.Reader.ReadAllAsync, CancellationToken.None);
        var reading = ReadToEndAsync();
        var clock = Task.Run(() =>
        {
            while (!writing.IsCompleted)
            {
                _time.Advance(TimeSpan.FromSeconds(15));
                Thread.Yield();
            }
        });
        for (var n = 1; n <= Count; n++)
        {
            events.Writer.TryWrite(Event(n));
            await Task.Yield();
        }

        events.Writer.Complete();
        await writing.Within();
        await clock.Within();
        await _pipe.Writer.CompleteAsync();
        var text = await reading.Within();
        Assert.Equal(Frames(Count), text.Replace(": keep-alive\n\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rendering_that_is_complete_ends_the_listening_and_one_that_sees_the_end_has_the_last_word()
    {
        await new SseWriter(_pipe.Writer, _time, new Counting(most: 2)).WriteAsync(_ => Ready(3), CancellationToken.None);
        await new SseWriter(_pipe.Writer, _time, new Counting(most: 9)).WriteAsync(_ => Ready(1), CancellationToken.None);
        await _pipe.Writer.CompleteAsync();

        Assert.Equal("1-0 2-0 1-0 end", await ReadToEndAsync());
    }

    [Fact]
    public async Task A_listener_that_is_canceled_while_it_waits_lets_go_of_everything()
    {
        var ended = new TaskCompletionSource();
        using var gone = new CancellationTokenSource();
        var writing = new SseWriter(_pipe.Writer, _time, EventFrames.Instance).WriteAsync(token => Never(ended, token), gone.Token);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.Within());
        Assert.True(ended.Task.IsCompletedSuccessfully);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task A_failed_flush_ends_the_listening_before_it_is_passed_on()
    {
        var ended = new TaskCompletionSource();
        var output = new CountingWriter(_pipe.Writer) { Failure = new IOException("broken") };
        var writing = new SseWriter(output, _time, EventFrames.Instance).WriteAsync(token => Never(ended, token), CancellationToken.None);

        await Assert.ThrowsAsync<IOException>(() => writing.Within());
        Assert.True(ended.Task.IsCompletedSuccessfully);
    }

    private static StreamEntry Event(int n) => new(new Cursor((ulong)n, 0), "event", "o", Encoding.UTF8.GetBytes(n.ToString(CultureInfo.InvariantCulture)));

    private static string Frame(int n) => $"id: {n}-0\ndata: {{\"type\":\"event\",\"origin\":\"o\",\"body\":{n}}}\n\n";

    private static string Frames(int count) => string.Concat(Enumerable.Range(1, count).Select(Frame));

    private static async IAsyncEnumerable<StreamEntry> Ready(int count)
    {
        await Task.CompletedTask;
        for (var n = 1; n <= count; n++)
        {
            yield return Event(n);
        }
    }

    private static async IAsyncEnumerable<StreamEntry> Never(TaskCompletionSource ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            yield break;
        }
        finally
        {
            // What a listener reads from may take a moment to let go.
            await Task.Delay(20, CancellationToken.None);
            ended.SetResult();
        }
    }

    private async Task<string> ReadAsync(int length)
    {
        var read = await _pipe.Reader.ReadAtLeastAsync(length);
        var text = Encoding.UTF8.GetString(read.Buffer);
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }

    private async Task<string> ReadToEndAsync()
    {
        using var reader = new StreamReader(_pipe.Reader.AsStream());
        return await reader.ReadToEndAsync();
    }

    private sealed class Counting(int most) : IFrameRenderer
    {
        private int _written;

        public bool Write(IBufferWriter<byte> output, StreamEntry streamEvent)
        {
            output.Write(Encoding.UTF8.GetBytes($"{streamEvent.Cursor} "));
            return ++_written < most;
        }

        public void Complete(IBufferWriter<byte> output) => output.Write("end"u8);
    }

    private sealed class CountingWriter(PipeWriter inner) : PipeWriter
    {
        public int Flushes { get; private set; }

        public Exception? Failure { get; init; }

        public override bool CanGetUnflushedBytes => true;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Flushes++;
            return Failure is null ? await inner.FlushAsync(cancellationToken) : throw Failure;
        }
    }
}
