using System.Globalization;
using AgentStream.Events;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>samples/Moderation, as a process: its grains read what its runs say.</summary>
public sealed class ModerationSampleTests
{
    [Fact]
    public async Task The_bill_has_the_tokens_of_each_run()
    {
        await using var program = await SiloProcess.StartProgramAsync("ModerationProgram");
        using var client = new AgentStreamHttpClient(new Uri(program.Url, "chat"));
        using var http = new HttpClient { BaseAddress = program.Url };

        // A word is a token: two in, two out; then these four and three more in, and three out.
        Assert.Equal("good morning", await client.AskAsync(new SessionKey(1, 1, "s1"), "good morning").Within());
        await BillIsAsync(4);
        Assert.Equal("how are you", await client.AskAsync(new SessionKey(1, 1, "s1"), "how are you").Within());
        await BillIsAsync(14);
        Assert.Equal("0", await http.GetStringAsync("bill/s2").Within());

        Task BillIsAsync(long tokens)
        {
            var expected = tokens.ToString(CultureInfo.InvariantCulture);
            return Wait.Until(async () => await http.GetStringAsync("bill/s1") == expected, $"a bill of {expected} tokens");
        }
    }

    [Fact]
    public async Task An_answer_with_the_forbidden_word_is_cut_and_its_listeners_see_the_cancel()
    {
        await using var program = await SiloProcess.StartProgramAsync("ModerationProgram", "--Forbidden=hocus pocus");
        using var client = new AgentStreamHttpClient(new Uri(program.Url, "chat"));

        // The word comes in two tokens. If nobody cut the answer, it would last for ten minutes.
        var prompt = "the spell is Hocus Pocus " + string.Join(' ', Enumerable.Range(1, 20_000));
        var run = new Transcript();
        await ReadAsync().Within("the answer is cut");
        Assert.Equal(RunOutcome.Canceled, run.Outcome);
        Assert.StartsWith("the spell is Hocus Pocus", run.Answer, StringComparison.Ordinal);
        Assert.DoesNotContain("20000", run.Answer, StringComparison.Ordinal);

        async Task ReadAsync()
        {
            await foreach (var item in client.AskStreamingAsync(new SessionKey(1, 1, "s1"), new RunRequest(prompt)))
            {
                run.Apply(item);
            }
        }
    }
}
