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

    /// <summary>What the <see cref="Fields.Event"/> of an <see cref="Event"/> entry says.</summary>
    public static class Events
    {
        /// <summary>A node begins: a request goes to the model.</summary>
        public const string NodeBegin = "llm-begin";

        /// <summary>A node ends: its response is complete.</summary>
        public const string NodeEnd = "llm-end";

        /// <summary>The node's first text has begun.</summary>
        public const string Answer = "answer";

        /// <summary>A part begins.</summary>
        public const string PartStart = "part_start";

        /// <summary>A part continues.</summary>
        public const string PartDelta = "part_delta";
    }

    /// <summary>What the <see cref="Fields.Message"/> of the runtime's own <see cref="Info"/> entries says about calls that wait for somebody.</summary>
    public static class Requests
    {
        /// <summary>A call waits until somebody allows it, or does not.</summary>
        public const string ApprovalRequested = "approval-requested";

        /// <summary>A call waits until the client has carried it out.</summary>
        public const string ToolRequested = "tool-requested";

        /// <summary>Somebody has allowed a call, or has not.</summary>
        public const string ApprovalDecided = "approval-decided";

        /// <summary>The client has given the result of a call.</summary>
        public const string ToolAnswered = "tool-answered";
    }

    /// <summary>For how long a permission counts, as <see cref="Fields.Remember"/> says it.</summary>
    public static class Memories
    {
        /// <summary>Also for later calls of the tool with the same arguments.</summary>
        public const string Call = "call";

        /// <summary>Also for all later calls of the tool.</summary>
        public const string Tool = "tool";

        /// <summary>Gets the word for it.</summary>
        /// <param name="memory">For how long.</param>
        /// <returns>The word; null where the permission is for the one call.</returns>
        public static string? Of(ApprovalMemory memory) => memory switch { ApprovalMemory.Call => Call, ApprovalMemory.Tool => Tool, _ => null };

        /// <summary>Reads a word.</summary>
        /// <param name="word">The word; null for none.</param>
        /// <returns>For how long; <see cref="ApprovalMemory.None"/> for none, and for a word that is not known.</returns>
        public static ApprovalMemory Read(string? word) => word switch { Call => ApprovalMemory.Call, Tool => ApprovalMemory.Tool, _ => ApprovalMemory.None };
    }

    /// <summary>The fields of entries' bodies, of prompts and of answers.</summary>
    public static class Fields
    {
        /// <summary>The session of a <see cref="Begin"/> entry.</summary>
        public const string SessionId = "session_id";

        /// <summary>What an <see cref="Info"/> or <see cref="Error"/> entry says.</summary>
        public const string Message = "msg";

        /// <summary>Whether sessions of other libraries are asked for, too.</summary>
        public const string IncludeForeign = "include_foreign";

        /// <summary>The URL that a prompt wants its run's end reported to.</summary>
        public const string Webhook = "webhook";

        /// <summary>The number of the node in its run, from 0.</summary>
        public const string Idx = "idx";

        /// <summary>What happened: one of <see cref="Events"/>.</summary>
        public const string Event = "event";

        /// <summary>The number of the part in its node, from 0.</summary>
        public const string EventIdx = "event_idx";

        /// <summary>The kind of a part that begins: one of <see cref="Protocol.Parts"/>.</summary>
        public const string PartKind = "part_kind";

        /// <summary>The kind of a part that continues.</summary>
        public const string PartDeltaKind = "part_delta_kind";

        /// <summary>A part's first words, or a tool's result.</summary>
        public const string Content = "content";

        /// <summary>A part's next words.</summary>
        public const string ContentDelta = "content_delta";

        /// <summary>The tool that is called, or has returned.</summary>
        public const string ToolName = "tool_name";

        /// <summary>The id of the call.</summary>
        public const string ToolCallId = "tool_call_id";

        /// <summary>The call's arguments.</summary>
        public const string Args = "args";

        /// <summary>The id of a request that waits, or waited, for an answer.</summary>
        public const string RequestId = "request_id";

        /// <summary>When a request counts as denied unless it has an answer by then: ISO 8601, in UTC.</summary>
        public const string ExpiresAt = "expires_at";

        /// <summary>Whether a call was allowed.</summary>
        public const string Approved = "approved";

        /// <summary>Why a call was not allowed, or why a run failed: then one of <see cref="FailureReasons"/>.</summary>
        public const string Reason = "reason";

        /// <summary>By what the server's log names the failure of a run or of a request.</summary>
        public const string Reference = "reference";

        /// <summary>The limit that was reached, or is asked for: one of <see cref="LimitNames"/>.</summary>
        public const string Limit = "limit";

        /// <summary>What a limit is a limit of: <c>user</c>, <c>scope</c> or <c>session</c> (<see cref="LimitTarget"/>).</summary>
        public const string Target = "target";

        /// <summary>How much a limit allows.</summary>
        public const string Allowed = "allowed";

        /// <summary>How much of a limit is used.</summary>
        public const string Used = "used";

        /// <summary>When a limit begins anew: ISO 8601, in UTC.</summary>
        public const string ResetsAt = "resets_at";

        /// <summary>For how long a permission counts: one of <see cref="Memories"/>; in answers only.</summary>
        public const string Remember = "remember";

        /// <summary>Whether a client's result says what went wrong; in answers only.</summary>
        public const string IsError = "is_error";

        /// <summary>The tools of the client, in prompts only.</summary>
        public const string Tools = "tools";

        /// <summary>The name of a client's tool.</summary>
        public const string Name = "name";

        /// <summary>What a client's tool does.</summary>
        public const string Description = "description";

        /// <summary>The JSON schema of the parameters of a client's tool.</summary>
        public const string Parameters = "parameters";

        /// <summary>The kind of a message, or of an item of a user's prompt: one of <see cref="Kinds"/>, or that of a URL; in histories only.</summary>
        public const string Kind = "kind";

        /// <summary>The parts of a message, in histories only.</summary>
        public const string Parts = "parts";
    }

    /// <summary>The kinds of messages, and of the items of a user's prompt that are no plain text and no URL; in histories only.</summary>
    public static class Kinds
    {
        /// <summary>A message to the model.</summary>
        public const string Request = "request";

        /// <summary>A message of the model.</summary>
        public const string Response = "response";

        /// <summary>A text with something next to it, for the application.</summary>
        public const string TextContent = "text-content";

        /// <summary>A file.</summary>
        public const string Binary = "binary";
    }

    /// <summary>The kinds of parts, in streams and in histories.</summary>
    public static class Parts
    {
        /// <summary>Words of the model.</summary>
        public const string Text = "text";

        /// <summary>A thought of the model.</summary>
        public const string Thinking = "thinking";

        /// <summary>A call of a tool.</summary>
        public const string ToolCall = "tool-call";

        /// <summary>A tool's result.</summary>
        public const string ToolReturn = "tool-return";

        /// <summary>A file of the model, in histories only.</summary>
        public const string File = "file";

        /// <summary>Instructions to the model, in histories only.</summary>
        public const string SystemPrompt = "system-prompt";

        /// <summary>What the user says, in histories only.</summary>
        public const string UserPrompt = "user-prompt";

        /// <summary>What the model is told instead of a result, in histories only.</summary>
        public const string RetryPrompt = "retry-prompt";
    }
}
