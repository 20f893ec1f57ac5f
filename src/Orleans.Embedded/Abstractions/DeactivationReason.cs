namespace Orleans;

/// <summary>Why an activation goes.</summary>
public readonly struct DeactivationReason
{
    /// <summary>Makes a reason.</summary>
    /// <param name="code">The kind of reason.</param>
    /// <param name="text">The reason in words.</param>
    public DeactivationReason(DeactivationReasonCode code, string text)
        : this(code, null, text)
    {
    }

    /// <summary>Makes a reason out of a failure.</summary>
    /// <param name="code">The kind of reason.</param>
    /// <param name="exception">What failed.</param>
    /// <param name="text">The reason in words.</param>
    public DeactivationReason(DeactivationReasonCode code, Exception? exception, string text)
    {
        ReasonCode = code;
        Exception = exception;
        Description = text;
    }

    /// <summary>The reason in words.</summary>
    public string Description { get; }

    /// <summary>The kind of reason.</summary>
    public DeactivationReasonCode ReasonCode { get; }

    /// <summary>What failed, if something did.</summary>
    public Exception? Exception { get; }

    /// <summary>The code, the description and the exception.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() =>
        Exception is null ? $"{ReasonCode}: {Description}" : $"{ReasonCode}: {Description}. Exception: {Exception}";
}

#pragma warning disable CA1028 // A byte, as Orleans has it.
/// <summary>The kinds of reason why an activation goes. The embedded engine gives those that are not marked otherwise.</summary>
public enum DeactivationReasonCode : byte
#pragma warning restore CA1028
{
    /// <summary>No reason.</summary>
    None,

    /// <summary>The silo stops.</summary>
    ShuttingDown,

    /// <summary><see cref="Grain.OnActivateAsync"/> failed.</summary>
    ActivationFailed,

    /// <summary>The grain directory failed. Not in the embedded engine.</summary>
    DirectoryFailure,

    /// <summary>The activation was not used for the collection age.</summary>
    ActivationIdle,

    /// <summary>The activation does not respond. Not in the embedded engine.</summary>
    ActivationUnresponsive,

    /// <summary>Another activation of the grain exists. Not in the embedded engine.</summary>
    DuplicateActivation,

    /// <summary>A request of an incompatible version came. Not in the embedded engine.</summary>
    IncompatibleRequest,

    /// <summary>The application failed. Not in the embedded engine.</summary>
    ApplicationError,

    /// <summary>The grain asked for it.</summary>
    ApplicationRequested,

    /// <summary>The activation moves to another silo. Not in the embedded engine.</summary>
    Migrating,

    /// <summary>The runtime asked for it. Not in the embedded engine.</summary>
    RuntimeRequested,

    /// <summary>Memory is short. Not in the embedded engine.</summary>
    HighMemoryPressure,
}
