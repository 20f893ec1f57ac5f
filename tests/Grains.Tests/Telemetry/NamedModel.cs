using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests.Telemetry;

/// <summary>A scripted model that says whose it is.</summary>
internal sealed class NamedModel(params Step[][] nodes) : DelegatingChatClient(new ScriptedModel(nodes))
{
    private static readonly ChatClientMetadata Metadata = new("acme", null, "acme-1");

    /// <summary>What a response took.</summary>
    public static Step Usage(int input, int output) => new Step.Give(new UsageContent(new UsageDetails { InputTokenCount = input, OutputTokenCount = output }));

    public override object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? Metadata : base.GetService(serviceType, serviceKey);
}
