using AgentStream.Storage.Redis;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>What a connection string may be, and what its errors say.</summary>
public sealed class ConnectionStringTests
{
    // In each text that is wrong: an error must not have a piece of it.
    private const string Secret = "S3CRET";

    public static TheoryData<string, string, string?, string?, bool, int?> Right => new()
    {
        { "localhost", "localhost:6379", null, null, false, null },
        { " 127.0.0.1:6502\n", "127.0.0.1:6502", null, null, false, null },
        { "127.0.0.1", "127.0.0.1:6379", null, null, false, null },
        { "redis_1.example.com.:7000", "redis_1.example.com.:7000", null, null, false, null },
        { "::1", "[::1]:6379", null, null, false, null },
        { "[::1]", "[::1]:6379", null, null, false, null },
        { "[fe80::1]:7000", "[fe80::1]:7000", null, null, false, null },
        { "!/run/redis/redis.sock", "!/run/redis/redis.sock", null, null, false, null },
        { "a:1, b:2,password=p", "a:1, b:2", null, "p", false, null },
        { "a,ssl=true,user=u,password=p=q;r s,defaultDatabase=3", "a:6380", "u", "p=q;r s", true, 3 },
        { "a , SSL = TRUE , Password = p ", "a:6380", null, "p", true, null },
        { "a,serviceName=mymaster", "a:26379", null, null, false, null },
        { "a,connectRetry=1,abortConnect=false,$CONFIG=", "a:6379", null, null, false, null },
        { "redis://localhost", "localhost:6379", null, null, false, null },
        { "redis://localhost/", "localhost:6379", null, null, false, null },
        { "REDIS://localhost:7000/12", "localhost:7000", null, null, false, 12 },
        { "redis://:p@localhost", "localhost:6379", null, "p", false, null },
        { "redis://u:p@localhost", "localhost:6379", "u", "p", false, null },
        { "redis://u:@localhost", "localhost:6379", "u", "", false, null },
        { "rediss://u:p@[::1]:7000", "[::1]:7000", "u", "p", true, null },
        { "rediss://localhost", "localhost:6379", null, null, true, null },
        { "redis://a?serviceName=mymaster", "a:26379", null, null, false, null },
        { "redis://u%40x:p%2C%3A%2f%3f%23%5b%5D%40%25%20%C3%BC%F0%9F%98%80@localhost/1", "localhost:6379", "u@x", "p,:/?#[]@% ü😀", false, 1 },
        { "redis://u:p:q@r+s,t;ü😀@localhost", "localhost:6379", "u", "p:q@r+s,t;ü😀", false, null },
        { "rediss://:p@localhost:7000?sslHost=redis.example.com&connectTimeout=100", "localhost:7000", null, "p", true, null },
    };

    public static TheoryData<string, string> Wrong => new()
    {
        { "", "it is empty" },
        { "  ", "it is empty" },
        { ",", "part 1 has no name" },
        { ":6379", "part 1 has no name" },
        { "a,,b", "part 2 has no name" },
        { "a:", "the port of part 1 must be a number from 1 to 65535" },
        { "a:0", "the port of part 1 must be a number from 1 to 65535" },
        { "a:99999", "the port of part 1 must be a number from 1 to 65535" },
        { "a:-1", "the port of part 1 must be a number from 1 to 65535" },
        { "a:+1", "the port of part 1 must be a number from 1 to 65535" },
        { "a:1e3", "the port of part 1 must be a number from 1 to 65535" },
        { "a:6379 S3CRET", "the port of part 1 must be a number from 1 to 65535" },
        { "a:1,b:S3CRET", "the port of part 2 must be a number from 1 to 65535" },
        { "[::1]:S3CRET", "the port of part 1 must be a number from 1 to 65535" },
        { "a:1:2", "part 1 must be a name or an IP address" },
        { "a S3CRET", "part 1 must be a name or an IP address" },
        { "[S3CRET]", "part 1 must be a name or an IP address" },
        { "[127.0.0.1]:1", "part 1 must be a name or an IP address" },
        { "!S3CRET", "part 1 must be a name or an IP address" },
        { "u:S3CRET@localhost:6379", "part 1 must be a name or an IP address" },
        { "S3CRET@localhost:6379", "part 1 must be a name or an IP address" },
        { "a/S3CRET", "part 1 must be a name or an IP address" },
        { "a,a", "part 2 is there twice" },
        { "password=S3CRET", "it names no host" },
        { "password=S3CRET,a:6379", "part 2 is not an option, name=value" },
        { "a,password=top,S3CRET", "part 3 is not an option, name=value; hosts come before options, and a password with a comma goes into a redis:// URI" },
        { "a,password=top,S3CRET=x", "part 3 is an option that the client does not know" },
        { "a,password=top,,S3CRET", "part 3 is not an option" },
        { "a,password=top,=S3CRET", "part 3 is not an option" },
        { "a,password=top,$S3CRET=x", "part 3 is an option that the client does not know" },
        { "a,pasword=S3CRET", "part 2 is an option that the client does not know" },
        { "a,S3CRET=S3CRET", "part 2 is an option that the client does not know" },
        { "host=a;port=6379;password=S3CRET", "part 1 is an option that the client does not know" },
        { "a;password=S3CRET", "part 1 is an option that the client does not know" },
        { "a password=S3CRET", "part 1 is an option that the client does not know" },
        { "a,ssl=S3CRET", "the option 'ssl' does not take the value that part 2 gives it" },
        { "a,connectRetry=S3CRET", "the option 'connectRetry' does not take the value that part 2 gives it" },
        { "a,defaultDatabase=-1", "the option 'defaultDatabase' must be a number from 0" },
        { "a,tunnel=S3CRET", "part 2 is an option that the client does not know, or has a value that it does not take" },
        { "a,tunnel=http:S3CRET:x", "part 2 is an option that the client does not know, or has a value that it does not take" },
        { "a,channelPrefix=S3CRET", "part 2 is an option that cannot be used here" },
        { "a,proxy=Twemproxy", "part 2 is an option that cannot be used here" },
        { "http://u:S3CRET@localhost", "it has another scheme" },
        { "valkey://u:S3CRET@localhost", "it has another scheme" },
        { "redis:///", "the host of the URI has no name" },
        { "redis://", "the host of the URI has no name" },
        { "redis://:S3CRET@", "the host of the URI has no name" },
        { "redis://:S3CRET@:6379", "the host of the URI has no name" },
        { "redis://S3CRET@localhost", "what is before '@' must be user:password, or :password" },
        { "redis://u:S3CRET@localhost:99999", "the port of the host of the URI must be a number from 1 to 65535" },
        { "redis://u:S3CRET@localhost:6379,other:6379", "the host of the URI must be a name or an IP address" },
        { "redis://u:S3CRET@localhost:6379,ssl=true", "the port of the host of the URI must be a number from 1 to 65535" },
        { "redis://u:S3CRET@localhost/x", "the path of the URI must be the number of a database" },
        { "redis://u:S3CRET@localhost/-1", "the path of the URI must be the number of a database" },
        { "redis://u:S3CRET@localhost/1/2", "the path of the URI must be the number of a database" },
        { "redis://u:S3/CRET@localhost:6379", "the path of the URI must be the number of a database; characters such as : / ? # [ ] @ %" },
        { "redis://u:S3#CRET@localhost", "there is nothing that '#' could mean" },
        { "redis://u:S3?CRET@localhost", "option 1 of the URI is not an option" },
        { "redis://u:S3 CRET@localhost", "a URI has no white space" },
        { "redis://u:S3CRET%@localhost", "'%' must be followed by two hexadecimal digits" },
        { "redis://u:S3CRET%2@localhost", "'%' must be followed by two hexadecimal digits" },
        { "redis://u:S3CRET%zz@localhost", "'%' must be followed by two hexadecimal digits" },
        { "redis://u:S3CRET%+1@localhost", "'%' must be followed by two hexadecimal digits" },
        { "redis://u:S3CRET%ff@localhost", "'%' must be followed by two hexadecimal digits" },
        { "redis://u:S3CRET%C3@localhost", "'%' must be followed by two hexadecimal digits" },
        { "redis://localhost?password=S3CRET", "a URI has user and password before the host" },
        { "redis://localhost?S3CRET=x", "option 1 of the URI is an option that the client does not know" },
        { "redis://localhost?name=a%2Cpassword=S3CRET", "option 1 of the URI must not contain a comma" },
    };

    [Theory]
    [MemberData(nameof(Right))]
    public void A_connection_string_says_where_and_who(string text, string where, string? user, string? password, bool isTls, int? database)
    {
        var options = RedisConnectionString.Parse(text);

        Assert.Equal(where, RedisConnectionString.Where(options));
        Assert.Equal((user, password, isTls, database), (options.User, options.Password, options.Ssl, options.DefaultDatabase));
    }

    [Fact]
    public void Options_that_are_not_ours_are_the_clients()
    {
        foreach (var text in (string[])["a,connectRetry=7,sslHost=b,name=me,protocol=resp2", "redis://a?connectRetry=7&sslHost=b&name=me&protocol=resp2"])
        {
            var options = RedisConnectionString.Parse(text);
            Assert.Equal((7, "b", "me", RedisProtocol.Resp2), (options.ConnectRetry, options.SslHost, options.ClientName, options.Protocol));
        }
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_one_is_one_sentence_that_names_the_setting_and_the_rule_and_no_secret(string text, string why) => IsRefused(text, why);

    [Fact]
    public void Half_a_character_is_refused() => IsRefused("redis://u:S3CRET\ud83d@localhost", "'%' must be followed by two hexadecimal digits, and what they stand for must be UTF-8");

    [Fact]
    public void A_connection_takes_no_wrong_one() =>
        Assert.Throws<OptionsValidationException>(() => new RedisConnection("a,password=top,S3CRET", Options.Create(new StorageOptions()), TimeProvider.System));

    private static void IsRefused(string text, string why)
    {
        var error = Assert.Throws<OptionsValidationException>(() => RedisConnectionString.Parse(text));

        Assert.StartsWith("ConnectionStrings:redis must be 'host:port,option=value,...' or 'redis://user:password@host:port/database'", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.All((string[])[Secret, "S3", "CRET", "top"], piece => Assert.DoesNotContain(piece, error.Message, StringComparison.OrdinalIgnoreCase));
        Assert.Null(error.InnerException);
    }
}
