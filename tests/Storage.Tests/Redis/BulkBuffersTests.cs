using AgentStream.Storage.Redis;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>The buffers of the connection for large values.</summary>
public sealed class BulkBuffersTests
{
    [Fact]
    public void A_buffer_that_was_given_back_is_used_again_and_by_one_at_a_time()
    {
        using var buffers = new BulkBuffers();
        var first = buffers.Rent(1_000_000);
        first.Memory.Span[0] = 7;
        first.Dispose();
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Memory);

        using var second = buffers.Rent(1_000_000);
        using var third = buffers.Rent(1_000_000);
        Assert.InRange(second.Memory.Length, 1_000_000, buffers.MaxBufferSize);
        Assert.Equal(7, second.Memory.Span[0]);
        third.Memory.Span[0] = 8;
        Assert.Equal(7, second.Memory.Span[0]);
    }

    [Fact]
    public void What_is_longer_than_a_page_is_as_long_as_it_must_be_and_is_not_kept()
    {
        using var buffers = new BulkBuffers();
        var first = buffers.Rent(20_000_000);
        Assert.Equal(20_000_000, first.Memory.Length);
        first.Memory.Span[0] = 7;
        first.Dispose();

        using var second = buffers.Rent(20_000_000);
        Assert.Equal(0, second.Memory.Span[0]);
    }

    [Fact]
    public void Pages_have_a_longest_length_and_a_first_one()
    {
        using var buffers = new BulkBuffers();
        using var page = buffers.Rent();
        Assert.InRange(page.Memory.Length, 1, buffers.MaxBufferSize);
        Assert.Equal(1024 * 1024, buffers.MaxBufferSize);
    }
}
