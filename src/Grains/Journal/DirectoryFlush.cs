using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AgentStream.Grains.Journal;

/// <summary>Brings a directory's names to the disk. .NET has no call for it, and only on Linux it is known to be needed and to work; elsewhere nothing is done.</summary>
internal static class DirectoryFlush
{
    // O_RDONLY with O_CLOEXEC.
    private const int ReadOnly = 0x80000;

    // EINVAL and ENOTSUP: the file system has no such thing. .NET takes them the same way when it flushes files.
    private const int Invalid = 22;
    private const int NotSupported = 95;

    /// <exception cref="IOException">The disk does not do it.</exception>
    public static void Flush(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var file = Open(directory, ReadOnly);
        if (file < 0)
        {
            throw Failed(directory);
        }

        try
        {
            if (Sync(file) < 0 && Marshal.GetLastPInvokeError() is not (Invalid or NotSupported))
            {
                throw Failed(directory);
            }
        }
        finally
        {
            _ = Close(file);
        }
    }

    private static IOException Failed(string directory) =>
        new($"The directory '{directory}' cannot be flushed to the disk.", new Win32Exception(Marshal.GetLastPInvokeError()));

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Sync(int file);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int file);
}
