using System.Text.Json.Serialization;
using AgentStream.Grains.Agents;
using AgentStream.Grains.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Tests.Tools;

/// <summary>What a tool may ask for: what the model can write, and what the program has registered.</summary>
public sealed class ToolParameterTests
{
    public static TheoryData<string, Delegate, string> NoJson => new()
    {
        { "Context", (int id, Context odd) => id, "Context" },
        { "Stream", (Stream odd) => 1, "Stream" },
        { "MemoryStream", (MemoryStream odd) => 1, "MemoryStream" },
        { "Func", (Func<int> odd) => 1, "Func<Int32>" },
        { "Type", (Type odd) => 1, "Type" },
        { "nint", (nint odd) => 1, "IntPtr" },
        { "ref", Ref, "Int32&" },
        { "span", Span, "ReadOnlySpan<Char>" },
        { "CancellationTokenSource", (CancellationTokenSource odd) => 1, "CancellationTokenSource" },
        { "HttpClient", (HttpClient odd) => 1, "HttpClient" },
        { "interface", (IRepository<Order> odd) => 1, "IRepository<Order>" },
        { "abstract", (Animal odd) => 1, "Animal" },
        { "optional", (IChatClient? odd = null) => 1, "IChatClient" },
        { "list", (List<Stream> odd) => 1, "List<Stream>" },
        { "array", (Action[] odd) => 1, "Action[]" },
        { "dictionary", (Dictionary<string, Animal> odd) => 1, "Dictionary<String, Animal>" },
        { "query", (IQueryable<int> odd) => 1, "IQueryable<Int32>" },
        { "constructor", (Odd odd) => 1, "Odd" },
        { "exception", (Exception odd) => 1, "Exception" },
        { "foreign", (Delegate)null!, "Stream" },
    };

    public static TheoryData<string, Delegate> Json => new()
    {
        { "simple", (int a, string? b, Guid c, DateTimeOffset d, DayOfWeek e, decimal? f, Uri g, byte[] h, TimeSpan i) => 1 },
        { "record", (Order a, Order[] b, Money? c, Lazily d) => 1 },
        { "lists", (List<Order> a, IReadOnlyList<int> b, ISet<string> c, IEnumerable<Money> d, IDictionary<string, int> e, HashSet<int> f, IReadOnlyDictionary<string, Order> g) => 1 },
        { "loose", (object a, System.Text.Json.JsonElement b, System.Text.Json.JsonDocument c, System.Text.Json.Nodes.JsonObject d) => 1 },
        { "converted", (Shape a, Pet b) => 1 },
        { "recursive", (Tree a) => 1 },
        { "immutable", (System.Collections.Immutable.ImmutableArray<int> a, System.Collections.Immutable.IImmutableList<int> b) => 1 },
    };

    private delegate int RefParameter(ref int odd);

    private delegate int SpanParameter(ReadOnlySpan<char> odd);

    private interface IRepository<T>
    {
        T? Find(int id);
    }

    private static RefParameter Ref => (ref int odd) => odd;

    private static SpanParameter Span => odd => odd.Length;

    [Theory]
    [MemberData(nameof(NoJson))]
    public async Task A_parameter_that_is_neither_a_service_nor_json_stops_the_start(string name, Delegate method, string type)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(agent => _ = name == "foreign"
            ? agent.WithTool(AIFunctionFactory.Create((Stream odd) => odd.Length, "find"))
            : agent.WithTool(method, "find")));
        Assert.Equal(
            $"Agent 'shop' cannot have the tool 'find': its parameter 'odd' is of the type {type}, which a model cannot write as JSON: register {type} in the program's services, or take another type.",
            refused.Message);
    }

    [Theory]
    [MemberData(nameof(Json))]
    public async Task A_parameter_that_is_json_is_taken(string name, Delegate method)
    {
        using var host = await StartAsync(agent => agent.WithTool(method, name));
        var tool = host.Services.GetRequiredService<AgentCatalog>().Get("shop").Functions[name];
        Assert.Equal(method.Method.GetParameters().Select(p => p.Name), tool.JsonSchema.GetProperty("properties").EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task What_is_registered_is_no_question_of_json()
    {
        using var host = await StartAsync(
            agent => agent.WithTool((Context context, IRepository<Order> orders, [FromKeyedServices("a")] Stream stream) => 1, "find"),
            services => services.AddScoped<Context>().AddScoped(typeof(IRepository<>), typeof(Repository<>)).AddKeyedScoped<Stream, MemoryStream>("a"));
        Assert.False(host.Services.GetRequiredService<AgentCatalog>().Get("shop").Functions["find"].JsonSchema.GetProperty("properties").EnumerateObject().Any());
    }

    [Fact]
    public async Task A_key_that_is_not_registered_stops_the_start()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(
            agent => agent.WithTool(([FromKeyedServices("b")] Context context) => 1, "find"), services => services.AddKeyedScoped<Context>("a")));
        Assert.Equal(
            "Agent 'shop' cannot have the tool 'find': its parameter 'context' is to be the Context with the key 'b', which is not registered: register it in the program's services.", refused.Message);
    }

    [Fact]
    public async Task An_agent_is_set_up_once_and_its_model_is_made_when_it_is_asked_for()
    {
        var (setUps, models) = (0, 0);
        using var host = await StartAsync(agent =>
        {
            setUps++;
            agent.UseChatClient(_ =>
            {
                models++;
                return new ScriptedModel();
            });
        });
        Assert.Equal((1, 0), (setUps, models));
        host.Services.GetRequiredService<AgentCatalog>().Get("shop");
        Assert.Equal((1, 1), (setUps, models));
    }

    private static async Task<IHost> StartAsync(Action<AgentBuilder> agent, Action<IServiceCollection>? services = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["AgentStream:Journal"] = "memory";
        services?.Invoke(builder.Services);
        builder.Services.AddAgentStream(builder.Configuration).AddAgent("shop", a => agent(a.UseChatClient(_ => new ScriptedModel())));
        var host = builder.Build();
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    private sealed class Context(int id) : IDisposable
    {
        public int Id { get; set; } = id;

        public void Dispose()
        {
        }
    }

    private sealed class Repository<T> : IRepository<T>
    {
        public T? Find(int id) => default;
    }

    private abstract class Animal
    {
        public string Name { get; set; } = "";
    }

    private sealed class Odd(int number)
    {
        public string Text { get; } = $"{number}";
    }

    private sealed record Order(int Id, Money Price);

    private readonly record struct Money(decimal Amount, string Currency);

    private sealed class Lazily
    {
        public string? Name { get; set; }

        // Nobody has to write it.
        [JsonIgnore]
        public Stream? Source { get; set; }
    }

    private sealed record Tree(string Name, IReadOnlyList<Tree> Children);

    [JsonConverter(typeof(ShapeConverter))]
    private abstract class Shape;

    private sealed class ShapeConverter : JsonConverter<Shape>
    {
        public override Shape? Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) => null;

        public override void Write(System.Text.Json.Utf8JsonWriter writer, Shape value, System.Text.Json.JsonSerializerOptions options) => writer.WriteNullValue();
    }

    [JsonDerivedType(typeof(Cat), "cat")]
    private abstract class Pet;

    private sealed class Cat : Pet;
}
