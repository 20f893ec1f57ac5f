using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AgentStream.Grains.Journal;

/// <summary>
/// The files of a journal: <c>{directory}/{scope}/{user}/{capitals},{session}.jsonl</c>. The session is written in lower case, since some file systems do not tell
/// <c>a</c> from <c>A</c>; in front stands which of its letters are capitals, a bit for each, in hexadecimal. That goes both ways, is short enough for any
/// file system, and is never a name that means something, such as <c>..</c> or, on Windows, <c>con</c>.
/// </summary>
internal sealed class JournalDirectory(string path)
{
    private const string Extension = ".jsonl";

    /// <summary>Makes the directory, and keeps other processes out until the answer is disposed.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public FileStream Lock()
    {
        Directory.CreateDirectory(path);
        try
        {
            return new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"The journal directory '{path}' is in use: it serves one process, so another process needs a directory of its own, or all of them Redis.", e);
        }
    }

    /// <summary>A session's file, whether it is there or not.</summary>
    public string FileOf(SessionKey key)
    {
        var capitals = UInt128.Zero;
        for (var i = 0; i < key.Session.Length; i++)
        {
            capitals |= char.IsAsciiLetterUpper(key.Session[i]) ? UInt128.One << i : UInt128.Zero;
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{capitals:x},{key.Session.ToLowerInvariant()}{Extension}");
        return Path.Combine(UserDirectory(key), name);
    }

    /// <summary>Makes the directory that a session's file is in.</summary>
    public void MakeFor(SessionKey key) => Directory.CreateDirectory(UserDirectory(key));

    /// <summary>The directories that lead to a session's file, from the innermost to the journal's own.</summary>
    public string[] DirectoriesOf(SessionKey key) => [UserDirectory(key), Path.Combine(path, Number(key.Scope)), path];

    /// <summary>The sessions that have a file.</summary>
    public IEnumerable<SessionKey> Sessions() =>
        from scope in Directory.EnumerateDirectories(path)
        from user in Directory.EnumerateDirectories(scope)
        from file in Directory.EnumerateFiles(user)
        let key = TryParse(Path.GetFileName(scope), Path.GetFileName(user), Path.GetFileName(file), out var parsed) ? parsed : null
        where key is not null
        select key;

    /// <summary>The sessions of a user that have a file, those that were written to last first.</summary>
    public IEnumerable<(SessionKey Key, DateTime Changed)> SessionsOf(UserKey user)
    {
        var directory = new DirectoryInfo(Path.Combine(path, Number(user.Scope), Number(user.User)));
        return !directory.Exists ? [] :
            from file in directory.EnumerateFiles()
            let key = TryParse(Number(user.Scope), Number(user.User), file.Name, out var parsed) ? parsed : null
            where key is not null
            orderby file.LastWriteTimeUtc descending
            select (key, file.LastWriteTimeUtc);
    }

    private static bool TryParse(string scope, string user, string file, [NotNullWhen(true)] out SessionKey? key)
    {
        key = null;
        if (!file.EndsWith(Extension, StringComparison.Ordinal)
            || file[..^Extension.Length].Split(',') is not [var bits, var lower]
            || !UInt128.TryParse(bits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var capitals)
            || !long.TryParse(scope, NumberStyles.None, CultureInfo.InvariantCulture, out var scopeId)
            || !long.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var userId))
        {
            return false;
        }

        var session = string.Concat(lower.Select((c, i) => (capitals >> i & UInt128.One) == UInt128.One ? char.ToUpperInvariant(c) : c));
        if (!SessionKey.IsSessionId(session))
        {
            return false;
        }

        key = new SessionKey(scopeId, userId, session);
        return true;
    }

    private static string Number(long id) => id.ToString(CultureInfo.InvariantCulture);

    private string UserDirectory(SessionKey key) => Path.Combine(path, Number(key.Scope), Number(key.User));
}
