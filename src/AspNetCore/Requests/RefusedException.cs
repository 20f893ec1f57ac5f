using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Requests;

/// <summary>A request is refused; <see cref="Problems"/> turns it into the answer.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="detail">What is wrong, as a sentence for the caller.</param>
/// <param name="errors">The rules that are broken, by field.</param>
internal sealed class RefusedException(int status, string detail, IReadOnlyDictionary<string, string[]>? errors = null) : Exception(detail)
{
    public int Status { get; } = status;

    public IReadOnlyDictionary<string, string[]>? Errors { get; } = errors;

    /// <summary>Fields break rules: 400.</summary>
    public static RefusedException Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        new(StatusCodes.Status400BadRequest, string.Join(' ', errors.SelectMany(field => field.Value.Select(rule => $"{field.Key} {rule}."))), errors);
}
