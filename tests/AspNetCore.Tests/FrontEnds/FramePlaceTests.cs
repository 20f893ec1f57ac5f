using AgentStream.AspNetCore.Protocols;

namespace AgentStream.AspNetCore.Tests.FrontEnds;

public sealed class FramePlaceTests
{
    [Theory]
    [InlineData("5-1.2", 5, 1, 2)]
    [InlineData("5-1", 5, 1, int.MaxValue)]
    [InlineData("5.1", 5, 0, 1)]
    public void A_place_is_a_cursor_and_a_number(string text, ulong milliseconds, ulong sequence, int number) =>
        Assert.Equal(new FramePlace(new Cursor(milliseconds, sequence), number), FramePlace.Read(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Nothing_is_no_place(string? text) => Assert.Null(FramePlace.Read(text));

    [Theory]
    [InlineData("5-1.")]
    [InlineData("5-1.-2")]
    [InlineData("5-1.2.3")]
    [InlineData("5-1.99999999999")]
    [InlineData(".2")]
    [InlineData("here")]
    public void Anything_else_is_refused(string text) =>
        Assert.Equal("Last-Event-ID", Assert.Throws<InvalidInputException>(() => FramePlace.Read(text)).Field);

    [Theory]
    [InlineData("5-1.2", "5-1.1", true)]
    [InlineData("5-1.1", "5-1.1", false)]
    [InlineData("5-1.9", "5-1", false)]
    [InlineData("5-2.1", "5-1.9", true)]
    [InlineData("4-9.9", "5-1.1", false)]
    public void A_place_is_behind_another_by_cursor_then_by_number(string place, string other, bool expected) =>
        Assert.Equal(expected, FramePlace.Read(place)!.Value.IsBehind(FramePlace.Read(other)!.Value));
}
