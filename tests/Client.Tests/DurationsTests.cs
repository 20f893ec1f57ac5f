using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace AgentStream.Client.Tests;

/// <summary>Durations in settings.</summary>
public sealed class DurationsTests
{
    [Theory]
    [InlineData("20ms", 20)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData(" 5m ", 300_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("0", 0)]
    [InlineData("0ms", 0)]
    [InlineData("00:00:10", 10_000)]
    [InlineData("00:00:00.020", 20)]
    [InlineData("1.00:00:00", 86_400_000)]
    public void A_duration_is_a_number_with_a_unit_or_has_colons(string text, long milliseconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("20")]
    [InlineData("1.5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 S")]
    [InlineData("1e3s")]
    [InlineData("5min")]
    [InlineData("1,5s")]
    [InlineData("99999999999999d")]
    [InlineData("99999999999999999999999999999999999999s")]
    [InlineData("10:00:00:00:00")]
    public void Anything_else_is_not(string? text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void Settings_are_bound_with_their_durations()
    {
        var options = Section(("ToolTimeout", "2s"), ("ModelSilence", "00:01:00"), ("MaxNodes", "7")).WithDurations<AgentStreamOptions>().Get<AgentStreamOptions>()!;
        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1), 7), (options.ToolTimeout, options.ModelSilence, options.MaxNodes));
    }

    [Fact]
    public void Each_wrong_duration_is_named_with_the_rule()
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Section(("ToolTimeout", "20"), ("GracePeriod", "soon")).WithDurations<AgentStreamOptions>());
        Assert.Equal(
            ["AgentStream:GracePeriod must be a duration such as 20ms, 10s, 5m, 2h, 1d or 00:00:10, but is 'soon'.", "AgentStream:ToolTimeout must be a duration such as 20ms, 10s, 5m, 2h, 1d or 00:00:10, but is '20'."],
            exception.Failures);
    }

    private static IConfigurationSection Section(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>($"AgentStream:{setting.Name}", setting.Value)))
            .Build().GetSection("AgentStream");
}
