using System.Net;
using AgentStream.Grains.Output;
using AgentStream.Grains.Webhooks;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Webhooks;

/// <summary>Webhooks go to the public internet and nowhere else, unless that is allowed.</summary>
public sealed class WebhookAddressTests : IAsyncLifetime
{
    private readonly WebhookStage _stage = new();
    private TestSilos? _silos;

    public async Task InitializeAsync() => _silos = await _stage.StartAsync(new ScriptedModel());

    public async Task DisposeAsync()
    {
        await _silos!.DisposeAsync();
        _stage.Dispose();
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.0", true)]
    [InlineData("100.128.0.0", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.255.255.255", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.8.8.8", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("64:ff9b::127.0.0.1", false)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2002:7f00:1::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12:3456::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("ff02::1", false)]
    public void An_address_is_public_or_not(string address, bool isPublic) =>
        Assert.Equal(isPublic, WebhookUrls.Rule($"https://{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}/", new WebhookOptions()) is null);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("2130706433")]
    [InlineData("localhost")]
    public async Task No_connection_is_made_to_this_machine_whatever_it_is_called(string host)
    {
        using var sender = NewSender(isPrivateAllowed: false);
        Assert.Equal("its host has no public address", (await SendAsync(sender, host)).Fault);
        Assert.Empty(_stage.Receiver.All);
    }

    [Fact]
    public async Task A_name_that_leads_to_another_address_when_the_connection_is_made_is_found_out_then()
    {
        var asked = 0;
        using var sender = NewSender(isPrivateAllowed: false, (host, _) =>
        {
            Assert.Equal("hooks.example.com", host);
            asked++;
            return Task.FromResult<IPAddress[]>([IPAddress.Loopback, IPAddress.Parse("::ffff:10.0.0.1"), IPAddress.IPv6Loopback]);
        });
        Assert.Equal("its host has no public address", (await SendAsync(sender, "hooks.example.com")).Fault);
        Assert.Equal(1, asked);
        Assert.Empty(_stage.Receiver.All);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("hooks.example.com")]
    public async Task Where_it_is_allowed_it_arrives(string host)
    {
        using var sender = NewSender(isPrivateAllowed: true, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        _stage.Receiver.Answer = (_, response) =>
        {
            response.StatusCode = 202;
            return Task.CompletedTask;
        };
        var answer = await SendAsync(sender, host);

        // The receiver knows itself by its address only.
        Assert.Equal((host == "127.0.0.1" ? 202 : 404, host == "127.0.0.1"), (answer.Status, answer.IsTaken));
    }

    [Fact]
    public async Task What_an_answer_says_is_not_read()
    {
        using var sender = NewSender(isPrivateAllowed: true);
        var stopped = new Gate();
        _stage.Receiver.Answer = async (_, response) =>
        {
            response.SendChunked = true;
            var piece = new byte[64 * 1024];
            try
            {
                while (true)
                {
                    await response.OutputStream.WriteAsync(piece);
                    await response.OutputStream.FlushAsync();
                }
            }
            finally
            {
                stopped.Reached();
            }
        };
        Assert.True((await SendAsync(sender, "127.0.0.1")).IsTaken);
        await stopped.ReachedAsync();
    }

    [Fact]
    public async Task One_that_is_not_there_is_said_to_be_so()
    {
        using var sender = NewSender(isPrivateAllowed: true);
        var nobody = new WebhookReceiver(null, null, new Uri($"http://127.0.0.1:{Ports.Free()}/"), [[1]]);
        var answer = await sender.SendAsync(nobody, "msg_1", "{}", CancellationToken.None);
        Assert.Equal("it cannot be reached, or broke off", answer.Fault);
        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => sender.SendAsync(nobody, "msg_1", "{}", stopping.Token));
    }

    private Task<WebhookAnswer> SendAsync(WebhookSender sender, string host) => sender.SendAsync(
        new WebhookReceiver(null, null, new Uri($"http://{host}:{_stage.Receiver.Authority.Split(':')[1]}/"), [new byte[24]]), "msg_1", "{}", CancellationToken.None);

    private WebhookSender NewSender(bool isPrivateAllowed, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        var environment = _silos!.Services.GetRequiredService<RunEnvironment>();
        var options = Options.Create(new WebhookOptions { AllowHttp = true, AllowPrivateAddresses = isPrivateAllowed });
        return resolve is null ? new WebhookSender(environment, options) : new WebhookSender(environment, options) { Resolve = resolve };
    }
}
