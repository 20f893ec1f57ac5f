namespace AgentStream;

/// <summary>The rule of prompts.</summary>
internal static class Prompts
{
    /// <summary>Checks a prompt.</summary>
    /// <exception cref="InvalidInputException">It is empty or too long.</exception>
    public static void Check(string prompt)
    {
        if (string.IsNullOrWhiteSpace(prompt))
        {
            throw new InvalidInputException("prompt", "must not be empty");
        }

        if (prompt.Length > AgentStreamOptions.MaxPromptLength)
        {
            throw new InvalidInputException("prompt", $"must have at most {AgentStreamOptions.MaxPromptLength} characters, but has {prompt.Length}");
        }
    }
}
