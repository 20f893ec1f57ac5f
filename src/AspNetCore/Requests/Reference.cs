using System.Security.Cryptography;

namespace AgentStream.AspNetCore.Requests;

/// <summary>By what a caller can name a request that failed; the line of the log has it, too.</summary>
internal static class Reference
{
    // Twelve digits, as a run's reference has.
    private const int Bytes = 6;

    public static string New() => RandomNumberGenerator.GetHexString(Bytes * 2, lowercase: true);
}
