namespace AgentStream.Bench.Roles;

/// <summary>A collector of OTLP over HTTP that keeps nothing.</summary>
internal static class CollectorRole
{
    public static Task RunAsync(string[] args)
    {
        var app = WebApplication.CreateSlimBuilder(args).Build();
        app.MapPost("/v1/{signal}", async (HttpRequest request) => await request.Body.CopyToAsync(Stream.Null));
        return app.RunAsync();
    }
}
