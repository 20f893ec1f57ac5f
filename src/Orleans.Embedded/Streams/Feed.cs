using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Orleans.Embedded.Streams;

/// <summary>The items of a stream that one of its subscribers has not taken yet, and who brings them.</summary>
internal sealed class Feed(MemoryStreamProvider provider)
{
    /// <summary>How many items wait for a subscriber before the producer does.</summary>
    private const int Capacity = 1024;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>How long a subscriber that fails is asked to take an item: as long as in Orleans.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Channel<Delivery> _items = Channel.CreateBounded<Delivery>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>How many items are here or on their way; guarded by the provider.</summary>
    public int Expected { get; set; }

    public ValueTask AddAsync(Delivery item) => _items.Writer.WriteAsync(item);

    /// <summary>Brings the items, one after the other.</summary>
    /// <param name="isOver">Says, after each item, whether it was the last.</param>
    public async Task RunAsync(Func<bool> isOver)
    {
        do
        {
            await BringAsync(await _items.Reader.ReadAsync());
        }
        while (!isOver());
    }

    /// <summary>Once the silo has stopped, nobody takes items any more.</summary>
    private async Task BringAsync(Delivery item)
    {
        var caller = provider.Caller;
        var started = caller.Time.GetTimestamp();
        for (var wait = FirstWait; caller.IsOpen; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                await item.TryAsync(caller);
                return;
            }
            catch (Exception exception) when (caller.Time.GetElapsedTime(started) + wait < Patience)
            {
                provider.Logger.LogDebug(exception, "{Item} was not taken; it comes again in {Wait}.", item, wait);
                await Task.Delay(wait, caller.Time);
            }
            catch (Exception exception)
            {
                provider.Logger.LogError(exception, "{Item} was not taken within {Patience}; it is skipped.", item, Patience);
                return;
            }
        }
    }
}
