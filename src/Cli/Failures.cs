using Microsoft.Extensions.Options;

namespace AgentStream.Cli;

/// <summary>What each exception is on the command line: an exit code and a sentence.</summary>
internal static class Failures
{
    /// <summary>The exit code; null for an exception that nobody expected.</summary>
    public static int? CodeOf(Exception exception) => exception switch
    {
        InvalidInputException or UnknownAgentException or OptionsValidationException => ExitCodes.WrongUse,
        RunCanceledException => ExitCodes.Canceled,
        SessionBusyException or RequestAnsweredException => ExitCodes.Busy,
        UnknownRequestException => ExitCodes.Nothing,
        RunFailedException => ExitCodes.RunFailed,
        ServerRefusedException => ExitCodes.Refused,
        ServerUnreachableException or StorageUnavailableException or OwnershipLostException or OrleansException or TimeoutException => ExitCodes.Unreachable,
        _ => null,
    };

    /// <summary>What to say.</summary>
    public static string SentenceOf(Exception exception) => exception.Message;
}
