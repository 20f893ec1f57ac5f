namespace AgentStream.Grains.Telemetry;

/// <summary>The names of attributes: those of OpenTelemetry's GenAI conventions, 1.41.0, and our own.</summary>
internal static class GenAI
{
    public const string Operation = "gen_ai.operation.name";
    public const string Provider = "gen_ai.provider.name";
    public const string Conversation = "gen_ai.conversation.id";
    public const string Agent = "gen_ai.agent.name";
    public const string RequestModel = "gen_ai.request.model";
    public const string ResponseModel = "gen_ai.response.model";
    public const string ResponseId = "gen_ai.response.id";
    public const string FinishReasons = "gen_ai.response.finish_reasons";
    public const string InputTokens = "gen_ai.usage.input_tokens";
    public const string OutputTokens = "gen_ai.usage.output_tokens";
    public const string CachedTokens = "gen_ai.usage.cache_read.input_tokens";
    public const string TokenType = "gen_ai.token.type";
    public const string ToolName = "gen_ai.tool.name";
    public const string ToolType = "gen_ai.tool.type";
    public const string ToolCallId = "gen_ai.tool.call.id";
    public const string ToolArguments = "gen_ai.tool.call.arguments";
    public const string ToolResult = "gen_ai.tool.call.result";
    public const string ToolDefinitions = "gen_ai.tool.definitions";
    public const string SystemInstructions = "gen_ai.system_instructions";
    public const string InputMessages = "gen_ai.input.messages";
    public const string OutputMessages = "gen_ai.output.messages";
    public const string ErrorType = "error.type";

    public const string RunId = "agentstream.run.id";
    public const string ContentTruncated = "agentstream.content.truncated";
    public const string Outcome = "agentstream.run.outcome";

    /// <summary>The names of operations.</summary>
    public static class Operations
    {
        public const string InvokeAgent = "invoke_agent";
        public const string Chat = "chat";
        public const string ExecuteTool = "execute_tool";
    }
}
