using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AgentStream.AspNetCore.Tests;

/// <summary>The README's code compiles as it is printed, in a project of the Web SDK.</summary>
public sealed partial class ReadmeTests
{
    // What the Web SDK imports by itself.
    private const string ImplicitUsings = """
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

    [Fact]
    public void The_program_compiles() => Assert.Empty(Errors(Blocks()[0]));

    [Fact]
    public void What_is_added_to_the_program_compiles() => Assert.All(Blocks().Skip(1), block => Assert.Empty(Errors(Blocks()[0].Replace("var app = builder.Build();", $"{block}\nvar app = builder.Build();", StringComparison.Ordinal))));

    [Fact]
    public void What_does_not_compile_is_found() => Assert.NotEmpty(Errors(Blocks()[0].Replace("using AgentStream;", "", StringComparison.Ordinal)));

    private static string[] Blocks([CallerFilePath] string file = "")
    {
        var readme = File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "README.md"));
        string[] blocks = [.. CodeBlock().Matches(readme).Select(match => match.Groups[1].Value)];
        Assert.True(blocks.Length >= 2, "The README has a program and what is added to it.");
        return blocks;
    }

    private static IEnumerable<string> Errors(string program)
    {
        var assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("readme", [CSharpSyntaxTree.ParseText(ImplicitUsings), CSharpSyntaxTree.ParseText(program)], assemblies.Select(path => MetadataReference.CreateFromFile(path)), options)
            .GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString());
    }

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
