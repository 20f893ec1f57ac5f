using AgentStream.Storage;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Output;

/// <summary>The one place where an exception becomes the end of a run: the log gets all of it, the stream and the journal what users may know.</summary>
internal sealed class RunErrors(ErrorWords words, ILogger logger)
{
    /// <summary>An exception ended a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="exception">The exception.</param>
    /// <param name="blamed">The reason where the exception has none of its own: what the run was doing.</param>
    public RunError Crashed(RunToken run, Exception exception, string blamed = FailureReasons.Internal)
    {
        var error = Of(exception, blamed);
        logger.RunCrashed(exception, run.RunId, run.Key, error.Reason!, RunError.ReferenceOf(run.RunId));
        return error;
    }

    /// <summary>What users may know of an exception that the log has already, or need not have.</summary>
    public RunError Of(Exception exception, string blamed = FailureReasons.Internal) => RunError.Crashed(words.Of(exception), ErrorWords.ReasonOf(exception) ?? blamed);
}
