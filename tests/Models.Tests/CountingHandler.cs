namespace AgentStream.Models.Tests;

/// <summary>A handler of the host's that counts what goes through it.</summary>
internal sealed class CountingHandler : DelegatingHandler
{
    private int _requests;

    public int Requests => _requests;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        return base.SendAsync(request, cancellationToken);
    }
}
