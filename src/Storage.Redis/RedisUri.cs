using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>Reads what is after <c>redis://</c> or <c>rediss://</c>: <c>user:password@host:port/database?option=value</c>, of which only the host must be there.</summary>
/// <remarks>https://www.iana.org/assignments/uri-schemes/prov/redis. <see cref="Uri"/> is not asked: it takes much that is none, and changes some of what it takes.</remarks>
internal static class RedisUri
{
    private const string Escape = "characters such as : / ? # [ ] @ % in a user or a password are written as % and two hexadecimal digits";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the text.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The text is of another form.</exception>
    public static ConfigurationOptions Parse(string text, bool isTls)
    {
        if (text.Any(char.IsWhiteSpace))
        {
            throw RedisConnectionString.Wrong($"a URI has no white space; {Escape}");
        }

        if (text.Contains('#'))
        {
            throw RedisConnectionString.Wrong($"there is nothing that '#' could mean; {Escape}");
        }

        var (rest, query) = Split(text, text.IndexOf('?'));
        var (authority, path) = Split(rest, rest.IndexOf('/'));
        var at = authority.LastIndexOf('@');

        var options = RedisConnectionString.ReadOptions(Options(query));
        if (options.User is not null || options.Password is not null)
        {
            throw RedisConnectionString.Wrong("a URI has user and password before the host");
        }

        options.Ssl |= isTls;
        if (at >= 0)
        {
            SetUser(options, authority[..at]);
        }

        if (path.Length > 0)
        {
            options.DefaultDatabase = int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out var database)
                ? database
                : throw RedisConnectionString.Wrong($"the path of the URI must be the number of a database; {Escape}");
        }

        RedisConnectionString.AddHost(options, authority[(at + 1)..], "the host of the URI", string.IsNullOrEmpty(options.ServiceName) ? RedisConnectionString.Port : RedisConnectionString.SentinelPort);
        return options;
    }

    private static (string Before, string Behind) Split(string text, int at) => at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);

    private static void SetUser(ConfigurationOptions options, string text)
    {
        var colon = text.IndexOf(':');
        if (colon < 0)
        {
            // Some clients take a word alone for the password, others for the user.
            throw RedisConnectionString.Wrong("what is before '@' must be user:password, or :password");
        }

        options.User = colon == 0 ? null : Decode(text[..colon]);
        options.Password = Decode(text[(colon + 1)..]);
    }

    private static List<(string Text, string What)> Options(string query) =>
    [
        .. query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select((part, i) => (Text: Decode(part), What: $"option {i + 1} of the URI"))
            .Select(part => part.Text.Contains(',') ? throw RedisConnectionString.Wrong($"{part.What} must not contain a comma") : part),
    ];

    private static string Decode(string text)
    {
        try
        {
            var bytes = Utf8.GetBytes(text);
            var length = 0;
            for (var i = 0; i < bytes.Length; i++)
            {
                if (bytes[i] == '%')
                {
                    bytes[i + 2] = Convert.FromHexString(bytes.AsSpan(i + 1, 2))[0];
                    i += 2;
                }

                bytes[length++] = bytes[i];
            }

            return Utf8.GetString(bytes, 0, length);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or IndexOutOfRangeException)
        {
            throw RedisConnectionString.Wrong("'%' must be followed by two hexadecimal digits, and what they stand for must be UTF-8");
        }
    }
}
