using AgentStream.Events;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>samples/Approvals, as a process; this test and the command line are the programs that answer.</summary>
public sealed class ApprovalsSampleTests : IDisposable
{
    private const string Paid = "The money for order 7 is on its way.";

    private static readonly SessionKey Session = new(1, 1, "s1");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-approvals-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_call_waits_over_a_restart_and_is_made_once_it_is_approved()
    {
        PendingRequest asked;
        await using (var desk = await StartAsync())
        {
            using var client = ClientOf(desk);
            asked = await AskAsync(client);
            Assert.Equal(("refund", """{"order":7}"""), (asked.ToolName, asked.Arguments));
            await desk.StopAsync();
            Assert.DoesNotContain(Paid, desk.Output, StringComparison.Ordinal);
        }

        await using (var desk = await StartAsync())
        {
            using var client = ClientOf(desk);
            Assert.Equal(asked.RequestId, Assert.Single(await client.GetPendingAsync(Session).Within()).RequestId);
            await client.ApproveAsync(Session, asked.RequestId).Within();

            Assert.Equal("Order 7 is refunded.", (await HearAsync(client)).Answer);
            Assert.Empty(await client.GetPendingAsync(Session).Within());
            await Wait.Until(() => desk.Output.Contains(Paid, StringComparison.Ordinal), "the money is on its way");
            Assert.Equal(2, desk.Output.Split(Paid).Length);
        }
    }

    [Fact]
    public async Task A_denied_call_is_not_made_and_the_model_hears_why()
    {
        await using var desk = await StartAsync();
        using var client = ClientOf(desk);
        await AskAsync(client);

        await using var deny = ProgramProcess.Cli(desk.Url, "deny", "s1", "--reason", "the order is too old");
        Assert.Equal(0, (await deny.EndAsync()).ExitCode);

        Assert.Equal("the order is too old", (await HearAsync(client)).Answer);
        Assert.DoesNotContain(Paid, desk.Output, StringComparison.Ordinal);
    }

    private Task<SiloProcess> StartAsync() => SiloProcess.StartInAsync(_folder.FullName, "ApprovalsProgram", []);

    private static AgentStreamHttpClient ClientOf(SiloProcess desk) => new(new Uri(desk.Url, "chat"));

    private static async Task<PendingRequest> AskAsync(AgentStreamHttpClient client)
    {
        await client.StartAsync(Session, new RunRequest("please refund order 7")).Within();
        await HearAsync(client);
        return Assert.Single(await client.GetPendingAsync(Session).Within());
    }

    private static Task<Transcript> HearAsync(AgentStreamHttpClient client)
    {
        return ReadAsync().Within("the run's end");

        async Task<Transcript> ReadAsync()
        {
            var run = new Transcript();
            await foreach (var item in client.ListenAsync(Session))
            {
                run.Apply(item);
            }

            return run;
        }
    }
}
