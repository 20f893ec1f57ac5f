using Spectre.Console;
using Spectre.Console.Rendering;

namespace AgentStream.Cli.Output;

/// <summary>A piece of text as it is: not markup, not wrapped, not ended by a line.</summary>
internal sealed class Chunk(string text, Style style) : Renderable
{
    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => [new Segment(text, style)];
}
