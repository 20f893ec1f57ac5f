using Microsoft.Extensions.Configuration;

// A Redis and three silos, with the Aspire dashboard.
var builder = DistributedApplication.CreateBuilder(args);

// A Redis of your own, or one in a container.
var redis = builder.Configuration.GetConnectionString("redis") is null
    ? (IResourceBuilder<IResourceWithConnectionString>)builder.AddRedis("redis").WithPersistence()
    : builder.AddConnectionString("redis");

builder.AddProject<Projects.Silo>("silo")
    .WithHttpEndpoint(port: builder.Configuration.GetValue("Port", 5080))
    .WithReplicas(3)
    .WithReference(redis)
    .WaitFor(redis)
    .WithHttpHealthCheck("/health/ready");

builder.Build().Run();
