namespace AgentStream.AspNetCore.Tests;

/// <summary>Tests that send long bodies run one after the other: they share the few slots that a process has for them.</summary>
[CollectionDefinition(Name)]
public sealed class LongBodies
{
    public const string Name = nameof(LongBodies);
}
