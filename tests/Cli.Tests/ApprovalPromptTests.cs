using AgentStream.Cli.Commands;
using AgentStream.TestTools;

namespace AgentStream.Cli.Tests;

public sealed class ApprovalPromptTests
{
    private static readonly SessionKey Key = new(1, 1, "s");
    private static readonly PendingRequest Pay = new("r-0", PendingRequestKind.Approval, "c1", "pay", """{"to":"\u001b[2J"}""");
    private static readonly PendingRequest Delete = new("r-1", PendingRequestKind.Approval, "c2", "delete", "{}");
    private static readonly PendingRequest Locate = new("r-2", PendingRequestKind.ClientTool, "c3", "locate", "{}");

    [Theory]
    [InlineData("y\nn\n", true, false, ApprovalMemory.None)]
    [InlineData("what?\n YES \nno\n", true, false, ApprovalMemory.None)]
    [InlineData("a\ny\n", true, true, ApprovalMemory.Tool)]
    [InlineData("n\nAlways\n", false, true, ApprovalMemory.None)]
    public async Task Each_call_is_asked_about_until_there_is_an_answer(string typed, bool first, bool second, ApprovalMemory memory)
    {
        var client = new AnsweredClient(Pay, Delete);
        var output = new StringWriter();

        Assert.True(await new ApprovalPrompt(client.Client, new StringReader(typed), output).AskAsync(Key, CancellationToken.None));

        Assert.Equal(["r-0", "r-1"], client.Answers.Select(answer => answer.RequestId));
        Assert.Equal([first, second], client.Answers.Select(answer => answer.IsApproved));
        Assert.Equal(memory, client.Answers[0].Memory);
        Assert.Contains("Allow delete {}? [y]es, [n]o, [a]lways: ", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output.ToString());
    }

    [Fact]
    public async Task An_input_that_ends_answers_nothing()
    {
        var client = new AnsweredClient(Pay);
        Assert.False(await new ApprovalPrompt(client.Client, new StringReader(""), TextWriter.Null).AskAsync(Key, CancellationToken.None));
        Assert.Empty(client.Answers);
    }

    [Fact]
    public async Task A_call_that_another_client_carries_out_is_not_asked_about()
    {
        var client = new AnsweredClient(Pay, Locate);
        Assert.False(await new ApprovalPrompt(client.Client, new StringReader("y\n"), TextWriter.Null).AskAsync(Key, CancellationToken.None));
        Assert.Single(client.Answers);
    }

    private sealed class AnsweredClient
    {
        public AnsweredClient(params PendingRequest[] pending) => Client = Stub.Of<IAgentStreamClient>((method, arguments) => method.Name switch
        {
            nameof(IAgentStreamClient.GetSessionAsync) => Task.FromResult<SessionSnapshot?>(new("title", IsLive: false, Error: null, Messages: [], Pending: pending)),
            nameof(IAgentStreamClient.AnswerAsync) => Task.FromResult(Take((ApprovalAnswer)arguments[1]!, pending.Length)),
            _ => throw new NotSupportedException(method.Name),
        });

        public IAgentStreamClient Client { get; }

        public List<ApprovalAnswer> Answers { get; } = [];

        private AnswerReceipt Take(ApprovalAnswer answer, int asked)
        {
            Answers.Add(answer);
            return new(asked - Answers.Count, Answers.Count == asked ? "next" : null);
        }
    }
}
