using System.CommandLine;

namespace AgentStream.Cli.Commands;

/// <summary>What several commands take.</summary>
internal static class SessionArguments
{
    /// <summary>A session's id, checked before anything is connected to.</summary>
    public static Argument<string> Session()
    {
        var session = new Argument<string>("session") { Description = "The session's id." };
        session.Validators.Add(result =>
        {
            if (!SessionKey.IsSessionId(result.GetValueOrDefault<string>()))
            {
                result.AddError($"session {SessionKey.SessionRule}");
            }
        });
        return session;
    }

    /// <summary>Whether to write events or JSON instead of text.</summary>
    public static Option<bool> Json(string description) => new("--json") { Description = description };

    /// <summary>Whether to write nothing but the answer.</summary>
    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "The answer alone, when it is whole." };
}
