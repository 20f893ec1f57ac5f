using System.Buffers;
using System.IO.Pipelines;
using AgentStream.AspNetCore.Requests;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary>A body that does not come is not waited for, and only a few long ones are held at a time.</summary>
[Collection(LongBodies.Name)]
public sealed class UploadTests
{
    private const int LargeLength = 1_000;

    private readonly ManualTimeProvider _time = new();
    private readonly ArrayBufferWriter<byte> _body = new();

    // All tests share the slots. A slot that rests by another test's clock is never free again, so no other test has these users.
    private readonly string _scope = $"uploads-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_body_that_stops_is_given_up_after_a_while_however_long_it_is()
    {
        var (upload, pipe) = Start();
        using var _ = upload;
        await pipe.Writer.WriteAsync(new byte[LargeLength]);
        await upload.ReadAsync(_body);
        var reading = upload.ReadAsync(_body).AsTask();
        _time.Advance(Upload.MostSilence - TimeSpan.FromMilliseconds(1));
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(StatusCodes.Status408RequestTimeout, (await Assert.ThrowsAsync<RefusedException>(() => reading)).Status);
    }

    [Fact]
    public async Task A_body_that_comes_byte_by_byte_is_given_up_and_one_that_comes_at_a_pace_is_not()
    {
        var (slow, slowPipe) = Start();
        var (steady, steadyPipe) = Start();
        using var both = slow;
        using var other = steady;
        var step = TimeSpan.FromSeconds(10);
        for (var waited = TimeSpan.Zero; ; waited += step)
        {
            // The steady one to the end of its patience, and well beyond that of the slow one.
            await steadyPipe.Writer.WriteAsync(new byte[Upload.LeastPace * 10]);
            await steady.ReadAsync(_body);
            if (waited > TimeSpan.FromMinutes(2))
            {
                return;
            }

            if (waited <= Upload.Grace)
            {
                await slowPipe.Writer.WriteAsync(new byte[1]);
                await slow.ReadAsync(_body);
            }
            else
            {
                Assert.Equal(StatusCodes.Status408RequestTimeout, (await Assert.ThrowsAsync<RefusedException>(() => slow.ReadAsync(_body).AsTask())).Status);
            }

            _time.Advance(step);
        }
    }

    [Fact]
    public async Task As_many_long_bodies_as_may_come_at_a_time_come_and_the_next_when_one_is_there()
    {
        var held = new List<Upload>();
        for (var i = 0; i < Upload.MostLarge; i++)
        {
            var (upload, pipe) = Start(LargeLength + 1, $"user-{i}");
            await pipe.Writer.WriteAsync(new byte[1]);
            await upload.ReadAsync(_body);
            held.Add(upload);
        }

        var (next, nextPipe) = Start(length: LargeLength + 1);
        await nextPipe.Writer.WriteAsync(new byte[1]);
        var reading = next.ReadAsync(_body).AsTask();
        var (small, smallPipe) = Start(length: 10);
        await smallPipe.Writer.WriteAsync(new byte[1]);
        await small.ReadAsync(_body).AsTask().Within();
        Assert.False(reading.IsCompleted);

        held[0].Dispose();
        await reading.Within();
        held.Skip(1).Append(next).ToList().ForEach(upload => upload.Dispose());
    }

    [Fact]
    public async Task A_users_long_bodies_come_one_after_the_other_and_nobody_else_waits_for_them()
    {
        var (first, firstPipe) = Start(LargeLength + 1);
        var (second, secondPipe) = Start(LargeLength + 1);
        var (others, othersPipe) = Start(LargeLength + 1, "other");
        foreach (var pipe in new[] { firstPipe, secondPipe, othersPipe })
        {
            await pipe.Writer.WriteAsync(new byte[1]);
        }

        await first.ReadAsync(_body);
        var reading = second.ReadAsync(_body).AsTask();
        await others.ReadAsync(_body).AsTask().Within();
        Assert.False(reading.IsCompleted);
        first.Dispose();
        await reading.Within();

        var (third, _) = Start(LargeLength + 1);
        var waiting = third.ReadAsync(_body).AsTask();
        _time.Advance(Upload.Grace);
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, (await Assert.ThrowsAsync<RefusedException>(() => waiting).Within()).Status);
        second.Dispose();
        others.Dispose();
    }

    [Fact]
    public async Task What_has_come_of_a_body_does_not_stay_in_the_servers_buffers()
    {
        const int Length = 100_000;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var reader = new MeasuredReader(pipe.Reader);
        var request = Request(reader);
        request.ContentType = "application/json";
        using var upload = Start(request);
        var reading = JsonBody.ReadAsync(request, 26 * Length, upload);
        var pieces = Enumerable.Range('a', 26).Select(letter => Enumerable.Repeat((byte)letter, Length).ToArray()).ToList();
        foreach (var piece in pieces)
        {
            // It completes when all of it was looked at.
            await pipe.Writer.WriteAsync(piece).AsTask().Within();
        }

        await pipe.Writer.CompleteAsync();
        Assert.Equal(pieces.SelectMany(piece => piece), await reading.Within());
        Assert.InRange(reader.Most, 1, Length);
    }

    private (Upload Upload, Pipe Pipe) Start(long? length = null, string user = "user")
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var request = Request(pipe.Reader);
        request.ContentLength = length;
        return (Start(request, user), pipe);
    }

    private Upload Start(HttpRequest request, string user = "user") => new(request, new UserKey(_scope, user), LargeLength, CancellationToken.None);

    private HttpRequest Request(PipeReader reader)
    {
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddSingleton<TimeProvider>(_time).BuildServiceProvider() };
        context.Features.Set<IRequestBodyPipeFeature>(new Body(reader));
        return context.Request;
    }

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }

    /// <summary>Knows the most that was there to be read at a time.</summary>
    private sealed class MeasuredReader(PipeReader inner) : PipeReader
    {
        public long Most { get; private set; }

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(cancellationToken);
            Most = Math.Max(Most, read.Buffer.Length);
            return read;
        }

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result);

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
