using System.Globalization;

namespace AgentStream.Silo.Demo;

/// <summary>
/// Works out <c>+ - * / ( )</c> over decimal numbers, by recursive descent. It runs what a model wrote, so length and depth are bounded.
/// </summary>
internal static class Calculator
{
    /// <summary>The longest expression, in characters.</summary>
    public const int MaxLength = 1000;

    /// <summary>The most parentheses and signs within each other.</summary>
    public const int MaxDepth = 100;

    /// <summary>Works out an expression.</summary>
    /// <param name="expression">For example <c>(1.5 + 2) * -3</c>.</param>
    /// <returns>Its value.</returns>
    /// <exception cref="CalculatorException">
    /// It is no expression, divides by zero, or leaves the range of <see cref="decimal"/>; the text says where.
    /// </exception>
    public static decimal Evaluate(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        return expression.Length <= MaxLength
            ? new Parser(expression).Whole()
            : throw new CalculatorException($"the expression is longer than {MaxLength} characters", MaxLength + 1);
    }

    private ref struct Parser(ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private int _at;
        private int _depth;

        public decimal Whole()
        {
            var value = Sum();
            return Peek() == '\0' ? value : throw Unexpected("an operator");
        }

        private decimal Sum()
        {
            var value = Product();
            while (Peek() is '+' or '-')
            {
                var operation = Take();
                var right = Product();
                value = Apply(operation, value, right);
            }

            return value;
        }

        private decimal Product()
        {
            var value = Factor();
            while (Peek() is '*' or '/')
            {
                var operation = Take();
                var right = Factor();
                value = Apply(operation, value, right);
            }

            return value;
        }

        private decimal Factor()
        {
            if (Peek() is not ('+' or '-' or '('))
            {
                return Number();
            }

            var opening = Take();
            if (++_depth > MaxDepth)
            {
                throw new CalculatorException($"more than {MaxDepth} parentheses and signs within each other", opening.Position);
            }

            var value = opening.Symbol == '(' ? Sum() : Factor();
            if (opening.Symbol == '(')
            {
                _ = Peek() == ')' ? Take() : throw Unexpected("')'");
            }

            _depth--;
            return opening.Symbol == '-' ? -value : value;
        }

        private decimal Number()
        {
            _ = Peek();
            var start = _at;
            while (_at < _text.Length && (char.IsAsciiDigit(_text[_at]) || _text[_at] == '.'))
            {
                _at++;
            }

            var digits = _text[start.._at];
            if (digits.IsEmpty)
            {
                throw Unexpected("a number");
            }

            if (digits.Count('.') > 1 || digits[^1] == '.')
            {
                throw new CalculatorException($"'{digits}' is no number", start + 1);
            }

            return decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw new CalculatorException($"the number {digits} is too large", start + 1);
        }

        private static decimal Apply((char Symbol, int Position) operation, decimal left, decimal right)
        {
            if (operation.Symbol == '/' && right == 0)
            {
                throw new CalculatorException("division by zero", operation.Position);
            }

            try
            {
                return operation.Symbol switch
                {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                };
            }
            catch (OverflowException)
            {
                throw new CalculatorException($"the result of '{operation.Symbol}' is too large", operation.Position);
            }
        }

        /// <summary>The next character that is no blank, or NUL at the end.</summary>
        private char Peek()
        {
            while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            {
                _at++;
            }

            return _at < _text.Length ? _text[_at] : '\0';
        }

        private (char Symbol, int Position) Take() => (_text[_at++], _at);

        private readonly CalculatorException Unexpected(string expected) => new(
            _at < _text.Length ? $"expected {expected}, found '{_text[_at]}'" : $"expected {expected}, found the end",
            _at + 1);
    }
}
