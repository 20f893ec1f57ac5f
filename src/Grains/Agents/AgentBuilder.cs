using AgentStream.Grains.Agents;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream;

/// <summary>Says what an agent is.</summary>
public sealed class AgentBuilder
{
    /// <summary>The most bytes of a tool's result unless <see cref="WithMaxToolResult"/> says otherwise: 256 KiB.</summary>
    public const int DefaultMaxToolResult = 256 * 1024;

    private readonly List<(string Name, Func<IServiceProvider, AITool> Make)> _tools = [];
    private readonly List<(string Name, Func<IServiceProvider, IToolProvider> Make)> _sources = [];
    private Func<IServiceProvider, IChatClient> _client = services => services.GetService<IChatClient>()
        ?? throw new InvalidOperationException("The agent has no model: say UseChatClient, or register an IChatClient in the services.");

    private Action<ChatOptions>? _configure;
    private ApprovalPolicy? _approval;
    private string? _instructions;
    private List<AITool>? _made;
    private Func<Deps, string?>? _instruct;
    private AgentAccess _access = AgentAccess.Anybody;
    private bool _generatesTitles;
    private AgentBounds _bounds = new(DefaultMaxToolResult, NeedsFinishReason: true);

    /// <summary>Sets the model. Without this, the <see cref="IChatClient"/> of the services is used.</summary>
    /// <param name="client">Makes the client, once in a silo, when the agent is first asked for.</param>
    /// <returns>This builder.</returns>
    public AgentBuilder UseChatClient(Func<IServiceProvider, IChatClient> client)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        return this;
    }

    /// <summary>Sets what the model is told before everything else. It is sent with each request and not kept in the history.</summary>
    /// <param name="instructions">The text.</param>
    /// <returns>This builder.</returns>
    public AgentBuilder WithInstructions(string instructions)
    {
        (_instructions, _instruct) = (instructions, null);
        return this;
    }

    /// <summary>Sets what the model is told, by session and user. It is made anew for each request, and not kept in the history.</summary>
    /// <param name="instructions">Makes the text, of the session's key and the claims of <see cref="WithClaims"/>; null for nothing. It must not change the stream.</param>
    /// <returns>This builder.</returns>
    public AgentBuilder WithInstructions(Func<Deps, string?> instructions)
    {
        ArgumentNullException.ThrowIfNull(instructions);
        (_instructions, _instruct) = (null, instructions);
        return this;
    }

    /// <summary>
    /// Keeps the agent, or some of its tools, for users who meet a policy. A prompt of another user is refused (403), or gets a run that does not have the tools. It is decided when a prompt is accepted, and
    /// holds for its run. May be called more than once: all policies have to be met.
    /// </summary>
    /// <remarks>
    /// Policies are those of ASP.NET Core's authorization (<see cref="IPolicyEvaluator"/>), and see the claims of the authenticated request. A program that talks to the silos as a client of their cluster says
    /// itself what is known of a user (<see cref="RunRequest.Claims"/>). Runs of a standalone runtime have no user: they do not have these tools.
    /// </remarks>
    /// <param name="policy">The policy's name. A program that does not know it does not start.</param>
    /// <param name="tools">The names of the tools, as the model knows them; none for the agent as a whole. Tools of a provider are not known at the start, so a name that is wrong is found only where the agent has no provider.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public AgentBuilder RequirePolicy(string policy, params string[] tools)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(policy);
        ArgumentNullException.ThrowIfNull(tools);
        Array.ForEach(tools, tool => ArgumentException.ThrowIfNullOrWhiteSpace(tool, nameof(tools)));
        _access = tools.Length == 0
            ? _access with { Policies = [.. _access.Policies, policy] }
            : _access with { ToolPolicies = [.. _access.ToolPolicies, .. tools.Select(tool => (tool, policy))] };
        return this;
    }

    /// <summary>
    /// Names the claims of the user that the agent's code wants to know: tools and instructions find them in <see cref="Deps.Claims"/>. They are kept in the session's journal with each run, so that a run
    /// that continues in another process has them. Other claims are not kept.
    /// </summary>
    /// <param name="types">The claims' names, as the authentication gives them.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public AgentBuilder WithClaims(params string[] types)
    {
        ArgumentNullException.ThrowIfNull(types);
        Array.ForEach(types, type => ArgumentException.ThrowIfNullOrWhiteSpace(type, nameof(types)));
        _access = _access with { Claims = [.. _access.Claims, .. types] };
        return this;
    }

    /// <summary>Sets further options of each request, such as the temperature.</summary>
    /// <param name="configure">Changes the options; they come with the instructions and tools.</param>
    /// <returns>This builder.</returns>
    public AgentBuilder WithOptions(Action<ChatOptions> configure)
    {
        _configure += configure;
        return this;
    }

    /// <summary>
    /// Adds a method as a tool. Its description comes from its <see cref="System.ComponentModel.DescriptionAttribute"/>. The model writes its parameters, except those that are handed in and
    /// hidden from the model: <see cref="Deps"/>, <see cref="ToolCall"/>, <see cref="CancellationToken"/>, services that the program has registered, by type or by
    /// <see cref="FromKeyedServicesAttribute"/>, and <see cref="IServiceProvider"/>. Each call has a scope of services of its own, which is disposed of when the call ends.
    /// </summary>
    /// <remarks>The program does not start when a parameter is neither registered nor something that a model can write as JSON. To say something to the model, throw a <see cref="ToolException"/>.</remarks>
    /// <param name="method">The method.</param>
    /// <param name="name">The name that the model knows; null takes the method's, without a trailing <c>Async</c>.</param>
    /// <param name="whenInterrupted">What becomes of a call that was under way when its process died. One that needs approval is never made twice, whatever this says.</param>
    /// <param name="requiresApproval">Whether a person has to allow each call.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The method has no name of its own (a lambda) and none is given, or a tool of that name is there.</exception>
    public AgentBuilder WithTool(Delegate method, string? name = null, InterruptedToolCall whenInterrupted = InterruptedToolCall.Retry, bool requiresApproval = false)
    {
        ArgumentNullException.ThrowIfNull(method);
        name ??= ToolFactory.NameOf(method);
        return Add(name, services =>
        {
            var function = ToolFactory.Create(method, name, whenInterrupted, services);
            return requiresApproval ? new ApprovalRequiredAIFunction(function) : function;
        });
    }

    /// <summary>Adds a tool.</summary>
    /// <param name="tool">
    /// The tool. An <see cref="AIFunction"/> is called here, an <see cref="ApprovalRequiredAIFunction"/> only when a person allows the call. An <see cref="AIFunctionDeclaration"/> is carried out by
    /// the client: the run ends, and continues when the client has given the result. Any other is only told to the model.
    /// </param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">A tool of that name is there.</exception>
    public AgentBuilder WithTool(AITool tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        return Add(tool.Name, _ =>
        {
            if (tool is AIFunction function)
            {
                ToolFactory.Check(function);
            }

            return tool;
        });
    }

    /// <summary>Sets who decides which calls need a person. Without this, those do whose tools say so.</summary>
    /// <param name="policy">Decides about each call that is made here. Its <see cref="ApprovalVerdict.Denied"/> and <see cref="ApprovalVerdict.Approved"/> count for more than what the tool says.</param>
    /// <returns>This builder.</returns>
    public AgentBuilder WithApproval(ApprovalPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _approval = policy;
        return this;
    }

    /// <summary>
    /// Sets how long a call of this agent waits for a person or for the client. When nobody has answered by then, it counts as denied, and the run continues. Without this, the time is
    /// <see cref="AgentStreamOptions.ApprovalTimeout"/>.
    /// </summary>
    /// <param name="timeout">
    /// The time, from <see cref="AgentStreamOptions.MinApprovalTimeout"/> to <see cref="AgentStreamOptions.MaxApprovalTimeout"/>; or <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes.
    /// </param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is out of its bounds.</exception>
    public AgentBuilder WithApprovalTimeout(TimeSpan timeout)
    {
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, AgentStreamOptions.MinApprovalTimeout);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, AgentStreamOptions.MaxApprovalTimeout);
        }

        _bounds = _bounds with { ApprovalTimeout = timeout };
        return this;
    }

    /// <summary>Adds tools that somebody else has. They are asked for at the start of each run; a run whose source fails ends as crashed.</summary>
    /// <param name="name">What errors call the source, in the middle of a sentence: <c>MCP server 'files'</c>. Each name once.</param>
    /// <param name="source">Makes the source, once in a silo, when the agent is first asked for.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The name is empty, or a source of that name is there.</exception>
    public AgentBuilder WithToolProvider(string name, Func<IServiceProvider, IToolProvider> source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(source);
        if (_sources.Any(s => s.Name == name))
        {
            throw new ArgumentException($"The agent has {name} already; tool sources need different names.", nameof(name));
        }

        _sources.Add((name, source));
        return this;
    }

    /// <summary>
    /// Sets how long a tool's result may be. What is longer is cut when the tool returns, so the journal, the stream and the model have the same; the
    /// model is told how much is missing. Data, such as an image, is a note with its kind and size unless the chat client takes it
    /// (<see cref="IContentSupport"/>).
    /// </summary>
    /// <param name="bytes">The most bytes of UTF-8, at least 1; <see cref="DefaultMaxToolResult"/> without this.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public AgentBuilder WithMaxToolResult(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        _bounds = _bounds with { MaxToolResult = bytes };
        return this;
    }

    /// <summary>
    /// Takes an answer for whole though it has no <see cref="ChatResponse.FinishReason"/>: for a chat client that never gives one. Without this, such an
    /// answer broke off, and the run ends as crashed.
    /// </summary>
    /// <returns>This builder.</returns>
    public AgentBuilder WithoutFinishReasons()
    {
        _bounds = _bounds with { NeedsFinishReason = false };
        return this;
    }

    /// <summary>
    /// Sends the system prompts and the links of imported histories (<see cref="IAgentStreamClient.ImportMessagesAsync"/>, <c>PUT messages</c>) to the model. Without this, the history keeps them, and
    /// the model does not get them: who imports a history could change what the agent is, and have the model's endpoint fetch any address.
    /// </summary>
    /// <returns>This builder.</returns>
    public AgentBuilder TrustImports()
    {
        _bounds = _bounds with { TrustsImports = true };
        return this;
    }

    /// <summary>
    /// Has the model give a session a title after its first run that completed, with a request of its own: a few words, from the first prompt and the beginning of the answer. A title that a user gives
    /// always counts for more. The tokens count for the user's limits. Runs of a standalone runtime get none.
    /// </summary>
    /// <returns>This builder.</returns>
    public AgentBuilder WithGeneratedTitles()
    {
        _generatesTitles = true;
        return this;
    }

    /// <summary>What the agent's answers, results and requests are held to.</summary>
    internal AgentBounds Bounds => _bounds;

    /// <summary>Who may use the agent.</summary>
    internal AgentAccess Access => _access;

    /// <summary>Finds tools that a policy is required for and that are not there: behind a wrong name, the tool would be for anybody.</summary>
    /// <exception cref="InvalidOperationException">There is one.</exception>
    internal void CheckAccess(string name)
    {
        if (_sources.Count == 0 && _access.ToolPolicies.FirstOrDefault(required => _tools.All(tool => tool.Name != required.Tool)) is { Tool: { } missing } wrong)
        {
            throw new InvalidOperationException($"Agent '{name}' requires the policy '{wrong.Policy}' for the tool '{missing}', which it does not have.");
        }
    }

    /// <summary>Makes the tools, now that the program's services are known.</summary>
    /// <exception cref="InvalidOperationException">A tool cannot be made; the message names agent, tool and parameter, and what to do.</exception>
    internal IReadOnlyList<AITool> MakeTools(string name, IServiceProvider services) => _made ??= [.. _tools.Select(tool => Make(name, tool.Name, tool.Make, services))];

    internal Agent Build(string name, IServiceProvider services)
    {
        var client = _client(services);
        var care = services.GetRequiredService<ToolProviders>();
        return new(name, client, _instructions, MakeTools(name, services), [.. _sources.Select(s => care.Add(s.Name, s.Make(services)))], _bounds, _approval, _configure) { Access = _access, Instruct = _instruct, GeneratesTitles = _generatesTitles };
    }

    private static AITool Make(string agent, string tool, Func<IServiceProvider, AITool> make, IServiceProvider services)
    {
        try
        {
            return make(services);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Agent '{agent}' cannot have the tool '{tool}': {e.Message.TrimEnd('.')}.", e);
        }
    }

    private AgentBuilder Add(string name, Func<IServiceProvider, AITool> make)
    {
        if (_tools.Any(t => t.Name == name))
        {
            throw new ArgumentException($"The agent has a tool '{name}' already; tools need different names.", nameof(name));
        }

        _tools.Add((name, make));
        return this;
    }
}
