using System.Buffers;
using System.Text;
using AgentStream.AspNetCore.Requests;

namespace AgentStream.AspNetCore.Tests;

/// <summary>A body with too many values is refused while it comes.</summary>
public sealed class TokenCounterTests
{
    private const int Piece = 64 * 1024;

    [Theory]
    [InlineData("[", "0,")]
    [InlineData("[", "{\"b\":1},")]
    [InlineData("[\"a long text, which comes in pieces\",", "[[]],")]
    public void It_is_refused_before_half_of_it_has_come(string start, string unit)
    {
        var body = Encoding.ASCII.GetBytes(start + string.Concat(Enumerable.Repeat(unit, 16_000_000 / unit.Length)));
        Assert.InRange(Feed(body, isWhole: false), 1, body.Length / 2);
    }

    [Fact]
    public void Levels_that_no_parser_takes_do_not_hide_what_follows()
    {
        var body = Encoding.ASCII.GetBytes($"[{new string('[', 1_500)}{new string(']', 1_500)},{string.Concat(Enumerable.Repeat("0,", 2_000_000))}0]");
        Assert.InRange(Feed(body, isWhole: true), 1, body.Length);
    }

    [Fact]
    public void As_many_as_are_allowed_come_through_and_so_does_a_long_text()
    {
        Assert.Equal(0, Feed(Encoding.ASCII.GetBytes($"[{string.Concat(Enumerable.Repeat("0,", TokenCounter.MaxTokens - 3))}0]"), isWhole: true));
        Assert.Equal(0, Feed(Encoding.ASCII.GetBytes($"[\"{new string('a', 16_000_000)}\"]"), isWhole: true));
    }

    [Fact]
    public void What_is_no_JSON_is_left_to_the_parser()
    {
        Assert.Equal(0, Feed("[0,0,"u8.ToArray(), isWhole: true));
        Assert.Equal(0, Feed("nonsense"u8.ToArray(), isWhole: true));
        Assert.Equal(0, Feed([], isWhole: true));
    }

    /// <summary>Counts a body that comes in pieces.</summary>
    /// <returns>How much of it had come when it was refused; 0 when it was not.</returns>
    private static int Feed(byte[] body, bool isWhole)
    {
        var counter = new TokenCounter();
        for (var come = Math.Min(Piece, body.Length); ; come = Math.Min(come + Piece, body.Length))
        {
            try
            {
                counter.Take(new ReadOnlySequence<byte>(body, 0, come), isWhole && come == body.Length);
            }
            catch (InvalidInputException)
            {
                return come;
            }

            if (come == body.Length)
            {
                return 0;
            }
        }
    }
}
