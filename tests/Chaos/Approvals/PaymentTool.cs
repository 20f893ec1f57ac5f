namespace AgentStream.Chaos.Approvals;

/// <summary>A tool that a person has to allow. Its side effect is a line in the book, <c>paid 1795345831056000 a1-1.1/0</c>.</summary>
internal sealed class PaymentTool(ToolBook book)
{
    public const string Name = "pay";
    public const string Paid = "paid";

    /// <summary>What a payment answers.</summary>
    public static string Result(string tag) => $"{tag} is paid";

    /// <summary>Pays.</summary>
    public string Pay(string tag)
    {
        book.Write(Paid, tag);
        return Result(tag);
    }
}
