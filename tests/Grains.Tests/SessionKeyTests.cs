namespace AgentStream.Grains.Tests;

/// <summary>Session ids: what would break the keys is refused.</summary>
public sealed class SessionKeyTests
{
    [Theory]
    [InlineData("a:b")]
    [InlineData("x:live")]
    [InlineData(":")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a*")]
    [InlineData("ü")]
    public void A_session_id_that_would_break_the_keys_is_refused_and_the_error_says_why(string session)
    {
        var refused = Assert.Throws<InvalidInputException>(() => new SessionKey(1, 1, session));

        Assert.Equal(("session_id", SessionKey.SessionRule), (refused.Field, refused.Rule));
        Assert.Equal($"session_id {SessionKey.SessionRule}", refused.Message);
        Assert.Throws<InvalidInputException>(() => SessionKey.Parse($"1:1:{session}"));
    }
}
