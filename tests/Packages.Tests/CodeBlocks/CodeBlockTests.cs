using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AgentStream.Packages.Tests.CodeBlocks;

/// <summary>
/// The C# code of the README, of docs and of the packages' READMEs compiles as it is printed, in a project of the Web SDK. A block that makes a builder or has usings is
/// a program of its own. Any other is a fragment, and may use the names of <see cref="Fragments.Program"/>. Both may use the types that other blocks of their page declare.
/// </summary>
public sealed class CodeBlockTests
{
    private static readonly IReadOnlyList<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    private static readonly List<string> Pages =
    [
        "README.md",
        .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}").Order(StringComparer.Ordinal),
        .. Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(path => $"src/{Path.GetFileName(path)}/README.md").Where(path => File.Exists(Path.Combine(Repository.Root, path))).Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string, int> Blocks
    {
        get
        {
            var blocks = new TheoryData<string, int>();
            foreach (var block in Pages.SelectMany(CSharpOf))
            {
                blocks.Add(block.Page, block.Line);
            }

            return blocks;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Compiles(string page, int line)
    {
        var blocks = CSharpOf(page);
        var block = blocks.Single(block => block.Line == line);
        var errors = Errors(block.Text, [.. blocks.Where(other => other != block).Select(other => other.Text)]).ToList();
        Assert.True(errors.Count == 0, string.Join('\n', errors));
    }

    [Fact]
    public void Names_of_csharp_are_written_in_one_way() =>
        Assert.DoesNotContain(Pages.SelectMany(CodeBlock.OfPage), block => block.Language is "cs" or "CSharp" or "C");

    [Theory]
    [InlineData("var builder = WebApplication.CreateBuilder(args);\nbuilder.AddAgentStream();", true)]
    [InlineData("var builder = WebApplication.CreateBuilder(args);\nUserKey? user = null;", false)]
    [InlineData("UserKey? user = null;", true)]
    [InlineData("app.MapAgentStreem();", false)]
    [InlineData("interface IOwn : IGrainWithStringKey;", true)]
    [InlineData("_ = new Other(1);", true)]
    [InlineData("_ = new Other();", false)]
    public void What_does_not_compile_is_found(string block, bool compiles) => Assert.Equal(compiles, !Errors(block, ["record Other(int Id);"]).Any());

    private static List<CodeBlock> CSharpOf(string page) => [.. CodeBlock.OfPage(page).Where(block => block.Language == "csharp")];

    private static IEnumerable<string> Errors(string block, IEnumerable<string> others)
    {
        var tree = CSharpSyntaxTree.ParseText(block);
        var types = TypesOf(tree).ToHashSet(StringComparer.Ordinal);
        var around = others.Select(other => CSharpSyntaxTree.ParseText(other)).Where(other => !HasStatements(other) && !TypesOf(other).Any(types.Contains)).ToList();
        if (!IsProgram(block))
        {
            around.Add(CSharpSyntaxTree.ParseText(Fragments.Program));
        }

        var options = new CSharpCompilationOptions(
            HasStatements(tree) ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("page", [tree, .. around, CSharpSyntaxTree.ParseText(Fragments.ImplicitUsings)], References, options)
            .GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .Select(diagnostic => diagnostic.ToString());
    }

    private static bool IsProgram(string block) =>
        block.StartsWith("using ", StringComparison.Ordinal) && !block.StartsWith("using var ", StringComparison.Ordinal) || block.Contains("CreateBuilder(", StringComparison.Ordinal);

    private static bool HasStatements(SyntaxTree tree) => tree.GetCompilationUnitRoot().Members.Any(member => member is GlobalStatementSyntax);

    private static IEnumerable<string> TypesOf(SyntaxTree tree) => tree.GetCompilationUnitRoot().Members.OfType<BaseTypeDeclarationSyntax>().Select(type => type.Identifier.Text);
}
