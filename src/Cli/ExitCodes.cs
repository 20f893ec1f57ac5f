namespace AgentStream.Cli;

/// <summary>What a script can tell the outcome by. They are promised in <c>--help</c> and docs/clients.md.</summary>
internal static class ExitCodes
{
    /// <summary>The run has answered; the command did what it was asked.</summary>
    public const int Done = 0;

    /// <summary>The run failed.</summary>
    public const int RunFailed = 1;

    /// <summary>The command line, the environment or what was asked breaks a rule.</summary>
    public const int WrongUse = 2;

    /// <summary>The run was canceled, by anyone.</summary>
    public const int Canceled = 3;

    /// <summary>The server, the cluster or its Redis cannot be reached.</summary>
    public const int Unreachable = 4;

    /// <summary>The session has a run under way.</summary>
    public const int Busy = 5;

    /// <summary>Ctrl-C: the command has left, and the run continues.</summary>
    public const int Left = 6;

    /// <summary>There is nothing of that kind: no run to follow or to cancel, no such session.</summary>
    public const int Nothing = 7;

    /// <summary>The server refuses: who asks, or a failure of its own.</summary>
    public const int Refused = 8;

    /// <summary>The run waits for somebody: a call needs approval, or is for a client to carry out.</summary>
    public const int Waiting = 9;
}
