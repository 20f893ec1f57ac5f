namespace AgentStream;

/// <summary>The words of the wire protocol (docs/protocol.md), each once.</summary>
public static class Protocol
{
    /// <summary>Entry type: a run's first entry.</summary>
    public const string Begin = "begin";

    /// <summary>Entry type: something the model or a tool did.</summary>
    public const string Event = "event";

    /// <summary>Entry type: what went wrong, or that the run was canceled.</summary>
    public const string Error = "error";

    /// <summary>Entry type: whatever the agent's developer wants to say.</summary>
    public const string Info = "info";

    /// <summary>Entry type: a run's last entry; it has no body.</summary>
    public const string End = "end";

    /// <summary>The origin of <see cref="Error"/> and <see cref="Info"/> entries, unless the caller names another.</summary>
    public const string DeveloperOrigin = "developer";

    /// <summary>The origin of <see cref="Begin"/> and <see cref="End"/> entries, unless set otherwise.</summary>
    public const string DefaultRuntimeOrigin = "pydantic-ai-stream";

    /// <summary>The origin of <see cref="Event"/> entries, unless set otherwise.</summary>
    public const string DefaultEventOrigin = "pydantic-ai";

    /// <summary>The origin of <see cref="Info"/> entries that the runtime itself adds about a run.</summary>
    public const string AgentStreamOrigin = "agentstream";

    /// <summary>
    /// The deepest nesting of JSON, in levels: of a history, an entry's body, a call's arguments, a tool's result. What is deeper is refused
    /// where it comes in.
    /// </summary>
    public const int MaxJsonDepth = 1000;

    /// <summary>What stands before every key, unless set otherwise.</summary>
    public const string DefaultPrefix = "pyaix";

    /// <summary>The <c>msg</c> of the error entry of a canceled run.</summary>
    public const string CanceledMessage = "canceled";

    /// <summary>What the <c>msg</c> of the error entry of a crashed run starts with; the reason follows.</summary>
    public const string CrashedPrefix = "crashed - ";
}
