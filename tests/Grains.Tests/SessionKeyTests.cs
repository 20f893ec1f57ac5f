namespace AgentStream.Grains.Tests;

/// <summary>The ids of scopes, users and sessions: what would break the keys is refused.</summary>
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

    [Theory]
    [InlineData("", "user", "scope_id")]
    [InlineData("a:b", "user", "scope_id")]
    [InlineData("#journal", "user", "scope_id")]
    [InlineData("scope", "auth0|7", "user_id")]
    [InlineData("scope", "..", "user_id")]
    [InlineData("scope", "{user}", "user_id")]
    public void The_id_of_a_scope_or_a_user_that_would_break_the_keys_is_refused_and_the_error_names_it(string scope, string user, string field)
    {
        var refused = Assert.Throws<InvalidInputException>(() => new UserKey(scope, user));

        Assert.Equal((field, UserKey.IdRule), (refused.Field, refused.Rule));
        Assert.Equal(field, Assert.Throws<InvalidInputException>(() => new SessionKey(scope, user, "s")).Field);
        Assert.Throws<InvalidInputException>(() => UserKey.Parse($"{scope}:{user}"));
        Assert.False(SessionKey.TryParse($"{scope}:{user}:s", out _));
    }

    [Fact]
    public void Numbers_are_ids_of_digits_and_keys_read_what_they_write()
    {
        Assert.Equal(new UserKey("1", "2"), new UserKey(1, 2));
        Assert.Equal(new SessionKey("1", "2", "s"), new UserKey(1, 2).Session("s"));
        Assert.NotEqual(new UserKey("1", "02"), new UserKey(1, 2));
        Assert.NotEqual(new UserKey("acme", "Anna"), new UserKey("acme", "anna"));
        Assert.Equal("user_id", Assert.Throws<InvalidInputException>(() => new UserKey(1, -2)).Field);

        var guid = new SessionKey("acme.example", "0e6a4bd5-3f0b-4c0e-9b5a-0d7c2a1f9e11", "s");
        Assert.Equal(guid, SessionKey.Parse(guid.ToString()));
        Assert.Equal(new UserKey(guid.Scope, guid.User), UserKey.Parse($"{guid.Scope}:{guid.User}"));
    }
}
