using System.Collections.Concurrent;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Tools;

/// <summary>Services of tools: each call has a scope of its own.</summary>
public sealed class ToolScopeTests
{
    private readonly Book _book = new();

    [Fact]
    public async Task Each_call_has_services_of_its_own_and_they_are_disposed_of_after_it()
    {
        var model = new ScriptedModel(
            [Step.Call("c1", "look"), Step.Call("c2", "look")], [Step.Say("ok")], [Step.Call("c3", "look")], [Step.Say("ok")]);
        await using var silos = await StartAsync(model, agent => agent.WithTool(Look, "look"));
        await silos.RunAsync(TestSilos.NewSession());
        await silos.RunAsync(TestSilos.NewSession());

        Assert.Equal(3, _book.Made.Count);
        Assert.Equal(3, _book.Looked.Distinct().Count());
        Assert.All(_book.Made, context => Assert.Equal(1, context.Disposals));

        // By type, by key, through the provider, and through the arguments: all are the call's.
        async Task<int> Look(Shop shop, [FromKeyedServices("main")] Shop main, IServiceProvider services, AIFunctionArguments arguments)
        {
            await Task.Yield();
            Assert.Same(shop, services.GetRequiredService<Shop>());
            Assert.Same(shop, main);
            Assert.Same(services, arguments.Services);
            Assert.Equal(0, shop.Disposals);
            _book.Looked.Enqueue(shop);
            return 1;
        }
    }

    [Fact]
    public async Task The_result_is_read_before_the_services_are_disposed_of()
    {
        var model = new ScriptedModel([Step.Call("c1", "orders")], [Step.Say("ok")]);
        await using var silos = await StartAsync(model, agent => agent.WithTool((Shop shop) => shop.Orders(), "orders"));
        Assert.Contains("\"content\":[1,2]", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_services_of_a_call_that_throws_are_disposed_of()
    {
        var model = new ScriptedModel([Step.Call("c1", "breaks")], [Step.Say("ok")]);
        await using var silos = await StartAsync(model, agent => agent.WithTool(string (Shop _) => throw new IOException("disk"), "breaks"));
        await silos.RunAsync(TestSilos.NewSession());
        Assert.Equal(1, Assert.Single(_book.Made).Disposals);
    }

    [Fact]
    public async Task The_services_of_a_call_that_is_canceled_stay_until_it_has_ended()
    {
        var gate = new Gate();
        var model = new ScriptedModel([Step.Call("c1", "hangs")]);
        await using var silos = await StartAsync(model, agent => agent.WithTool(HangAsync, "hangs"));
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        await silos.Client.CancelAsync(key);
        Assert.EndsWith("error {\"msg\":\"canceled\"}\nend\n", await silos.TranscriptAsync(key), StringComparison.Ordinal);

        // It does not hear of the cancel, and works on with what it has.
        var shop = Assert.Single(_book.Made);
        Assert.Equal(0, shop.Disposals);
        gate.Open();
        await Wait.Until(() => shop.Disposals == 1, "the services to be disposed of");

        async Task<int> HangAsync(Shop shop)
        {
            gate.Reached();
            await gate.OpenedAsync(CancellationToken.None);
            return shop.Disposals;
        }
    }

    [Fact]
    public async Task The_services_of_a_call_that_hears_of_its_cancel_are_disposed_of()
    {
        var gate = new Gate();
        await using var silos = await StartAsync(new ScriptedModel([Step.Call("c1", "hangs")]), agent => agent.WithTool(HangAsync, "hangs"));
        var key = TestSilos.NewSession();
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        await silos.Client.CancelAsync(key);
        await Wait.Until(() => _book.Made is [{ Disposals: 1 }], "the services to be disposed of");

        async Task<int> HangAsync(Shop shop, CancellationToken cancellationToken)
        {
            gate.Reached();
            await gate.OpenedAsync(cancellationToken);
            return shop.Disposals;
        }
    }

    [Fact]
    public async Task What_a_service_throws_when_it_is_disposed_of_is_logged_and_the_result_stands()
    {
        var log = new Entries();
        var model = new ScriptedModel([Step.Call("c1", "pay")], [Step.Say("ok")]);
        await using var silos = await TestSilos.StartAsync(
            null,
            model,
            _ => { },
            agent => agent.WithTool((Sticky _) => "paid", "pay"),
            services =>
            {
                services.AddScoped<Sticky>();
                log.AddTo(services);
            });
        Assert.Contains("\"content\":\"paid\"", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
        Assert.Equal("stuck", Assert.Single(log.Faults).Exception?.Message);
    }

    [Fact]
    public async Task Services_are_not_in_the_schema_and_what_is_not_registered_is()
    {
        var model = new ScriptedModel([Step.Call("c1", "find", ("ids", new[] { 3, 4 }), ("name", "Ann"))], [Step.Say("ok")]);
        await using var silos = await StartAsync(model, agent => agent.WithTool(
            (Shop shop, [FromKeyedServices("main")] Shop main, TimeProvider time, IEnumerable<Shop> shops, IEnumerable<int> ids, string name, Deps deps) =>
                $"{ids.Sum()} {name} {shops.Count()} {shop.Disposals + main.Disposals} {time is not null} {deps is not null}",
            "find"));
        Assert.Contains("\"content\":\"7 Ann 1 0 True True\"", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
        var tool = Assert.IsType<AIFunction>(Assert.Single(model.Requests.First().Options!.Tools!), exactMatch: false);
        Assert.Equal(["ids", "name"], tool.JsonSchema.GetProperty("properties").EnumerateObject().Select(property => property.Name));
        Assert.Equal(["ids", "name"], tool.JsonSchema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    private Task<TestSilos> StartAsync(ScriptedModel model, Action<AgentBuilder> agent) => TestSilos.StartAsync(
        null,
        model,
        _ => { },
        agent,
        services => services.AddSingleton(_book).AddScoped<Shop>().AddKeyedScoped("main", (scope, _) => scope.GetRequiredService<Shop>()).AddSingleton(TimeProvider.System));

    private sealed class Book
    {
        public ConcurrentQueue<Shop> All { get; } = new();

        public ConcurrentQueue<Shop> Looked { get; } = new();

        public IReadOnlyList<Shop> Made => [.. All];
    }

    /// <summary>Stands for a context of a database: what it gives can be read only while it is there.</summary>
    private sealed class Shop : IAsyncDisposable
    {
        private int _disposals;

        public Shop(Book book) => book.All.Enqueue(this);

        public int Disposals => _disposals;

        public IEnumerable<int> Orders()
        {
            yield return 1;
            ObjectDisposedException.ThrowIf(_disposals > 0, this);
            yield return 2;
        }

        public ValueTask DisposeAsync()
        {
            // The same one by type and by key is disposed of twice by its scope; it counts the scopes.
            Interlocked.CompareExchange(ref _disposals, 1, 0);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Sticky : IDisposable
    {
        public void Dispose() => throw new InvalidOperationException("stuck");
    }
}
