namespace AgentStream.Silo.Demo;

/// <summary>The demo model fails on demand.</summary>
internal sealed class DemoFailureException() : AgentStreamException("The demo model failed, as it was asked to.")
{
    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}
