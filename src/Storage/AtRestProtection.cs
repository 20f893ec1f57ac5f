using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Queue;
using Microsoft.AspNetCore.DataProtection;

namespace AgentStream.Storage;

/// <summary>
/// Encrypts what stores keep of users' words, with Data Protection's keys: records, titles and prompts that wait. What was kept before it was on is read as it is, and what is encrypted is read also when
/// it is off. Each text is bound to its session and its place there: in another, it cannot be read.
/// </summary>
public sealed class AtRestProtection
{
    // Records and prompts begin with a brace. A title may begin with anything; one that begins like this is shown as none.
    private const string Mark = "enc1:";

    private const string RecordKind = "JournalRecord";

    private readonly Lazy<IDataProtectionProvider>? _provider;

    private AtRestProtection()
    {
    }

    /// <summary>Encrypts, or not, and reads both.</summary>
    /// <param name="provider">Gets Data Protection, when it is needed first: its keys may be in the store itself.</param>
    /// <param name="isOn">Whether what is written is encrypted (<see cref="StorageOptions.EncryptAtRest"/>).</param>
    /// <exception cref="ArgumentNullException"><paramref name="provider"/> is null.</exception>
    public AtRestProtection(Func<IDataProtectionProvider> provider, bool isOn)
    {
        ArgumentNullException.ThrowIfNull(provider);
        (_provider, IsOn) = (new(provider), isOn);
    }

    /// <summary>Gets one for a store without keys: it writes everything as it is, and reads nothing that is encrypted.</summary>
    public static AtRestProtection None { get; } = new();

    /// <summary>Gets whether what is written is encrypted. The same text is then written differently each time.</summary>
    public bool IsOn { get; }

    /// <summary>Writes a record of a journal.</summary>
    /// <param name="key">The session.</param>
    /// <param name="version">The record's number there, from 1.</param>
    /// <param name="record">The record.</param>
    /// <returns>Text in UTF-8, without a line break.</returns>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public byte[] Write(SessionKey key, long version, JournalRecord record) => Protect(JournalRecordJson.Write(record), RecordKind, key, Number(version));

    /// <summary>Reads what <see cref="Write(SessionKey, long, JournalRecord)"/> wrote.</summary>
    /// <param name="key">The session.</param>
    /// <param name="version">The record's number there, from 1.</param>
    /// <param name="stored">What was written. It must not change: what a long import says is read from it when somebody asks.</param>
    /// <returns>The record.</returns>
    /// <exception cref="InvalidDataException">It is no record, or no key opens it; the message says so.</exception>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public JournalRecord Read(SessionKey key, long version, ReadOnlyMemory<byte> stored) =>
        JournalRecordJson.Read(Opened(stored.Span, RecordKind, key, Number(version)) ?? stored);

    /// <summary>Gets whether what was written is a record, also if it was encrypted at another time and so has other bytes.</summary>
    /// <param name="key">The session.</param>
    /// <param name="version">The record's number there, from 1.</param>
    /// <param name="stored">What was written.</param>
    /// <param name="record">The record.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="InvalidDataException">No key opens it.</exception>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public bool IsSame(SessionKey key, long version, ReadOnlySpan<byte> stored, JournalRecord record) => Unprotect(stored, RecordKind, key, Number(version)).SequenceEqual(JournalRecordJson.Write(record));

    /// <summary>Writes a session's title.</summary>
    /// <param name="key">The session.</param>
    /// <param name="title">The title; null for none.</param>
    /// <returns>The text; null for none.</returns>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public string? WriteTitle(SessionKey key, string? title) => title is null || !IsOn ? title : Encoding.UTF8.GetString(Protect(Encoding.UTF8.GetBytes(title), "Title", key, ""));

    /// <summary>Reads a session's title.</summary>
    /// <param name="key">The session.</param>
    /// <param name="stored">What <see cref="WriteTitle"/> wrote; null for none.</param>
    /// <returns>The title; null for none, and for one that no key opens: a list has room for its session all the same.</returns>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public string? ReadTitle(SessionKey key, string? stored)
    {
        try
        {
            return stored?.StartsWith(Mark, StringComparison.Ordinal) == true ? Encoding.UTF8.GetString(Unprotect(Encoding.UTF8.GetBytes(stored), "Title", key, "")) : stored;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Writes a prompt that waits.</summary>
    /// <param name="key">The session.</param>
    /// <param name="prompt">The prompt.</param>
    /// <returns>Text in UTF-8, without a line break.</returns>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public byte[] Write(SessionKey key, QueuedPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return Protect(prompt.ToJson(), "Prompt", key, prompt.RunId);
    }

    /// <summary>Reads a prompt that waits.</summary>
    /// <param name="key">The session.</param>
    /// <param name="runId">The run that it is going to be.</param>
    /// <param name="stored">What was written.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="InvalidDataException">It is no prompt, or no key opens it; the message says so.</exception>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public QueuedPrompt ReadPrompt(SessionKey key, string runId, ReadOnlySpan<byte> stored) => QueuedPrompt.FromJson(Unprotect(stored, "Prompt", key, runId));

    /// <summary>Writes what is known of a prompt that waits: a hash of a short prompt can be guessed, too.</summary>
    /// <param name="key">The session.</param>
    /// <param name="info">What is known.</param>
    /// <returns>Text in UTF-8, without a line break.</returns>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public byte[] Write(SessionKey key, QueuedPromptInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return Protect(info.ToJson(), "PromptInfo", key, "");
    }

    /// <summary>Reads what is known of a prompt that waits.</summary>
    /// <param name="key">The session.</param>
    /// <param name="stored">What was written.</param>
    /// <returns>What is known.</returns>
    /// <exception cref="InvalidDataException">It is none, or no key opens it; the message says so.</exception>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public QueuedPromptInfo ReadInfo(SessionKey key, ReadOnlySpan<byte> stored) => QueuedPromptInfo.FromJson(Unprotect(stored, "PromptInfo", key, ""));

    /// <summary>Writes what is kept of a webhook.</summary>
    /// <param name="key">The session.</param>
    /// <param name="id">The webhook.</param>
    /// <param name="content">What is kept.</param>
    /// <returns>Text in UTF-8, without a line break.</returns>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public byte[] WriteWebhook(SessionKey key, string id, byte[] content) => Protect(content, "Webhook", key, id);

    /// <summary>Reads what is kept of a webhook.</summary>
    /// <param name="key">The session.</param>
    /// <param name="id">The webhook.</param>
    /// <param name="stored">What was written.</param>
    /// <returns>What is kept.</returns>
    /// <exception cref="InvalidDataException">No key opens it; the message says so.</exception>
    /// <exception cref="StorageUnavailableException">The keys cannot be read now.</exception>
    public byte[] ReadWebhook(SessionKey key, string id, ReadOnlySpan<byte> stored) => [.. Unprotect(stored, "Webhook", key, id)];

    private static string Number(long version) => version.ToString(CultureInfo.InvariantCulture);

    private byte[] Protect(byte[] plain, string kind, SessionKey key, string place)
    {
        if (!IsOn)
        {
            return plain;
        }

        try
        {
            return [.. Encoding.UTF8.GetBytes(Mark), .. Base64Url.EncodeToUtf8(Protector(kind, key, place).Protect(plain))];
        }
        catch (CryptographicException e) when (e.InnerException is StorageUnavailableException away)
        {
            throw away;
        }
    }

    private ReadOnlySpan<byte> Unprotect(ReadOnlySpan<byte> stored, string kind, SessionKey key, string place) => Opened(stored, kind, key, place) is { } plain ? plain : stored;

    // Null for what is not encrypted.
    private byte[]? Opened(ReadOnlySpan<byte> stored, string kind, SessionKey key, string place)
    {
        if (!stored.StartsWith("enc1:"u8))
        {
            return null;
        }

        if (_provider is null)
        {
            throw new InvalidDataException($"What is kept of session {key} is encrypted, and this store has no keys.");
        }

        try
        {
            return Protector(kind, key, place).Unprotect(Base64Url.DecodeFromUtf8(stored[Mark.Length..]));
        }
        catch (CryptographicException e) when (e.InnerException is StorageUnavailableException away)
        {
            throw away;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new InvalidDataException(
                $"What is kept of session {key} is encrypted, and none of Data Protection's keys opens it: its key is lost, or it was moved here or changed.", e);
        }
    }

    private IDataProtector Protector(string kind, SessionKey key, string place) => _provider!.Value.CreateProtector($"AgentStream.AtRest.{kind}.v1", key.ToString(), place);
}
