namespace Orleans.Runtime;

/// <summary>What the engine throws.</summary>
public class OrleansException : Exception
{
    /// <summary>Makes the exception.</summary>
    public OrleansException()
        : this("Unexpected error.")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was tried and why it did not go.</param>
    public OrleansException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was tried and why it did not go.</param>
    /// <param name="innerException">What caused it.</param>
    public OrleansException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A call did not reach its grain, or its answer did not come back.</summary>
public class OrleansMessageRejectionException : OrleansException
{
    internal OrleansMessageRejectionException(string message)
        : base(message)
    {
    }

    internal OrleansMessageRejectionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The silo of the grain, or of the caller, is gone. Whether the call took place is not known.</summary>
public sealed class SiloUnavailableException : OrleansMessageRejectionException
{
    /// <summary>Makes the exception.</summary>
    public SiloUnavailableException()
        : base("The silo is unavailable.")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="msg">Which call, and why it did not go.</param>
    public SiloUnavailableException(string msg)
        : base(msg)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which call, and why it did not go.</param>
    /// <param name="innerException">What caused it.</param>
    public SiloUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>An enumeration cannot go on, because the activation that ran it is gone.</summary>
public sealed class EnumerationAbortedException : Exception
{
    /// <summary>Makes the exception.</summary>
    public EnumerationAbortedException()
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which enumeration, and why it ended.</param>
    public EnumerationAbortedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which enumeration, and why it ended.</param>
    /// <param name="innerException">What caused it.</param>
    public EnumerationAbortedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
