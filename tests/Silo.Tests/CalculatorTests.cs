using System.Globalization;
using AgentStream.Silo.Demo;
using AgentStream.TestTools;

namespace AgentStream.Silo.Tests;

public sealed class CalculatorTests
{
    [Theory]
    [InlineData("12*7", "84")]
    [InlineData(" 12 * 7 ", "84")]
    [InlineData("3.5/2", "1.75")]
    [InlineData("2+3*4", "14")]
    [InlineData("(2+3)*4", "20")]
    [InlineData("10-4-3", "3")]
    [InlineData("100/10/5", "2")]
    [InlineData("-2*-3", "6")]
    [InlineData("2--3", "5")]
    [InlineData("-(1+2)*2", "-6")]
    [InlineData("+5", "5")]
    [InlineData(".5+.25", "0.75")]
    [InlineData("0.1+0.2", "0.3")]
    [InlineData("1/3", "0.3333333333333333333333333333")]
    [InlineData("((((7))))", "7")]
    public void An_expression_has_its_value(string expression, string value) =>
        Assert.Equal(decimal.Parse(value, CultureInfo.InvariantCulture), Calculator.Evaluate(expression));

    [Theory]
    [InlineData("", "expected a number, found the end", 1)]
    [InlineData("   ", "expected a number, found the end", 4)]
    [InlineData("1+", "expected a number, found the end", 3)]
    [InlineData("1+*2", "expected a number, found '*'", 3)]
    [InlineData("(1+2", "expected ')', found the end", 5)]
    [InlineData("1+2)", "expected an operator, found ')'", 4)]
    [InlineData("2 3", "expected an operator, found '3'", 3)]
    [InlineData("2x3", "expected an operator, found 'x'", 2)]
    [InlineData("()", "expected a number, found ')'", 2)]
    [InlineData("1.2.3", "'1.2.3' is no number", 1)]
    [InlineData("4+1.", "'1.' is no number", 3)]
    [InlineData("4/(2-2)", "division by zero", 2)]
    [InlineData("1+79228162514264337593543950336", "the number 79228162514264337593543950336 is too large", 3)]
    [InlineData("79228162514264337593543950335 * 2", "the result of '*' is too large", 31)]
    [InlineData("79228162514264337593543950335+1", "the result of '+' is too large", 30)]
    [InlineData("7922816251426433759354395033/0.01", "the result of '/' is too large", 29)]
    public void What_cannot_be_worked_out_is_said_with_its_place(string expression, string reason, int position)
    {
        var error = Assert.Throws<CalculatorException>(() => Calculator.Evaluate(expression));
        Assert.Equal($"{reason} at position {position}", error.Message);
        Assert.Equal(position, error.Position);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("-", "")]
    public void Depth_is_bounded(string opening, string closing)
    {
        string Nested(int depth) =>
            string.Concat(Enumerable.Repeat(opening, depth)) + "1" + string.Concat(Enumerable.Repeat(closing, depth));

        Assert.Equal(1, Math.Abs(Calculator.Evaluate(Nested(Calculator.MaxDepth))));
        var error = Assert.Throws<CalculatorException>(() => Calculator.Evaluate(Nested(Calculator.MaxDepth + 1)));
        Assert.Equal(Calculator.MaxDepth + 1, error.Position);
    }

    [Fact]
    public void Parentheses_side_by_side_are_not_deep() =>
        Assert.Equal(200, Calculator.Evaluate(string.Join('+', Enumerable.Repeat("(1)", 200))));

    [Fact]
    public void Length_is_bounded()
    {
        Assert.Equal(1, Calculator.Evaluate("1".PadRight(Calculator.MaxLength)));
        Assert.Throws<CalculatorException>(() => Calculator.Evaluate("1".PadRight(Calculator.MaxLength + 1)));
    }

    [Theory]
    [InlineData("1.50*2", "3")]
    [InlineData("1.10+1.15", "2.25")]
    [InlineData("1/10000000000", "0.0000000001")]
    [InlineData("-0.0", "0")]
    public void The_tool_writes_a_number_as_people_do(string expression, string text) =>
        Assert.Equal(text, DemoTools.Calculate(expression));

    [Fact]
    public void The_clock_tool_gives_utc_as_iso_8601() =>
        Assert.Equal("2026-03-04T05:06:07Z", new DemoTools(new ManualTimeProvider(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero))).GetCurrentTime());
}
