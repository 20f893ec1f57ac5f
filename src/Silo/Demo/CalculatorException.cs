namespace AgentStream.Silo.Demo;

/// <summary>An expression cannot be worked out; the model is told why.</summary>
/// <param name="reason">Why.</param>
/// <param name="position">Where: the first character is 1.</param>
internal sealed class CalculatorException(string reason, int position) : ToolException($"{reason} at position {position}")
{
    /// <summary>Where it went wrong: the first character is 1.</summary>
    public int Position { get; } = position;
}
