namespace AgentStream.Packages.Tests.CodeBlocks;

/// <summary>What a block may use that is no whole program: these names, and these namespaces, in addition to those of the Web SDK.</summary>
internal static class Fragments
{
    /// <summary>What the Web SDK imports by itself.</summary>
    public const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    /// <summary>The program around a fragment.</summary>
    public const string Program = """
        global using System.ComponentModel;
        global using System.Security.Claims;
        global using System.Security.Cryptography;
        global using System.Text;
        global using System.Threading.RateLimiting;
        global using AgentStream;
        global using AgentStream.Events;
        global using AgentStream.Messages;
        global using Microsoft.AspNetCore.RateLimiting;
        global using Microsoft.Extensions.AI;
        global using Orleans;
        global using Orleans.Hosting;
        global using Orleans.Streams;
        global using Orleans.Streams.Core;
        global using static Around;

        internal static class Around
        {
            public static readonly WebApplicationBuilder builder = WebApplication.CreateBuilder();
            public static readonly WebApplication app = builder.Build();
            public static readonly AgentBuilder agent = null!;
            public static readonly IAgentStreamClient client = null!;
            public static readonly IChatClient model = null!;
        }
        """;
}
