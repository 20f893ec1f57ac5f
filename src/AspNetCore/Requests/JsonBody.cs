using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Unicode;
using AgentStream.AspNetCore.Security;
using AgentStream.Messages;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Requests;

/// <summary>Reads a request's body that is to be JSON.</summary>
internal static class JsonBody
{
    /// <summary>What errors call the body.</summary>
    public const string Field = "body";

    /// <summary>What is longer is taken apart a few at a time, in bytes.</summary>
    internal const int LargeLength = 1024 * 1024;

    // Large bodies are taken apart a few at a time: half of the processors are left for the others.
    private static readonly Slots Large = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>A body on its way in. One that is long has its turn until this is disposed.</summary>
    public static Upload Open(HttpRequest request, CancellationToken cancellationToken) => new(request, request.HttpContext.Caller(), LargeLength, cancellationToken);

    /// <summary>Reads the body; what is in it is for the caller to check.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxLength">The longest body, in bytes.</param>
    /// <param name="upload">The body on its way.</param>
    /// <returns>The body: UTF-8.</returns>
    /// <exception cref="RefusedException">It is not announced as JSON, is too long, comes too slowly, or too many other long ones come at the same time.</exception>
    /// <exception cref="InvalidInputException">It is not UTF-8, or has more than <see cref="TokenCounter.MaxTokens"/> values and names.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request, int maxLength, Upload upload)
    {
        // Anything else could be sent by a foreign page's form, without asking this server first.
        if (!IsJson(request.ContentType))
        {
            throw new RefusedException(StatusCodes.Status415UnsupportedMediaType, "The body must be JSON in UTF-8, announced as Content-Type: application/json.");
        }

        var body = await ReadAllAsync(request, upload, maxLength);
        return Utf8.IsValid(body) ? body : throw new InvalidInputException(Field, "must be UTF-8");
    }

    /// <summary>Reads a body that is to be a JSON object; its fields are for the caller to check.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxLength">The longest body, in bytes.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The object.</returns>
    /// <exception cref="RefusedException">It is not announced as JSON, or is too long.</exception>
    /// <exception cref="InvalidInputException">It is no JSON object, or has more than <see cref="TokenCounter.MaxTokens"/> values and names.</exception>
    public static async Task<JsonElement> ReadObjectAsync(HttpRequest request, int maxLength, CancellationToken cancellationToken)
    {
        using var upload = Open(request, cancellationToken);
        var body = await ReadAsync(request, maxLength, upload);
        using var slot = body.Length <= LargeLength ? null : await Large.TakeAsync(cancellationToken);
        return ToObject(body);
    }

    private static JsonElement ToObject(byte[] body)
    {
        try
        {
            CheckNames(body);

            // Not pooled, so it needs no disposing.
            var root = JsonElement.Parse(body);
            return root.ValueKind == JsonValueKind.Object
                ? root
                : throw new InvalidInputException(Field, $"must be a JSON object, but is {JsonFields.Describe(root.ValueKind)}");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(Field, $"must be JSON, but is not from line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} on");
        }
    }

    // A name that is no text would be found by each look for a field.
    private static void CheckNames(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                try
                {
                    reader.GetString();
                }
                catch (InvalidOperationException)
                {
                    throw new InvalidInputException(Field, "must not have a field whose name contains half of a surrogate pair");
                }
            }
        }
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && string.Equals(type.MediaType, "application/json", StringComparison.OrdinalIgnoreCase)
        && (type.CharSet is null || string.Equals(type.CharSet.Trim('"'), "utf-8", StringComparison.OrdinalIgnoreCase));

    // The length may be unknown beforehand (chunked) and the server's own limit is the host's to set, so this counts.
    private static async Task<byte[]> ReadAllAsync(HttpRequest request, Upload upload, int maxLength)
    {
        var tokens = new TokenCounter();
        using var body = new ChunkedBuffer();
        for (var isWhole = false; !isWhole;)
        {
            isWhole = request.ContentLength > maxLength ? throw TooLong(maxLength) : await upload.ReadAsync(body);
            if (body.Length > maxLength)
            {
                throw TooLong(maxLength);
            }

            if (tokens.Wants(body.Length, isWhole))
            {
                tokens.Take(body.ToSequence(), isWhole);
            }
        }

        return body.ToArray();
    }

    private static RefusedException TooLong(int maxLength) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The body must not be longer than {maxLength} bytes.");
}
