namespace Orleans.Streams;

/// <summary>What subscriptions a stream provider has.</summary>
public enum StreamPubSubType
{
    /// <summary>Those that are made by calls, and those of <see cref="ImplicitStreamSubscriptionAttribute"/>.</summary>
    ExplicitGrainBasedAndImplicit,

    /// <summary>Those that are made by calls. Not in the embedded engine.</summary>
    ExplicitGrainBasedOnly,

    /// <summary>Those of <see cref="ImplicitStreamSubscriptionAttribute"/>.</summary>
    ImplicitOnly,
}
