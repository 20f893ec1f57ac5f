using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace AgentStream;

/// <summary>Reads the files that settings name. What is wrong becomes a sentence that names the setting: .NET's own words could have a piece of a file or a password in them.</summary>
/// <param name="section">The section of the settings.</param>
/// <param name="errors">Gets the sentences.</param>
internal sealed class CertificateFiles(IConfigurationSection section, List<string> errors)
{
    private const string Pem = "-----BEGIN ";
    private const string EncryptedKey = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

    /// <summary>Reads a certificate with its private key: from PEM, in one file or two, or from PKCS#12.</summary>
    /// <returns>The certificate, and those of its issuers that are in the file; no certificate when something is wrong.</returns>
    public (X509Certificate2? Own, X509Certificate2Collection Issuers) ReadOwn(string setting, string keySetting, string passwordSetting)
    {
        if (ReadFile(setting) is not { } content)
        {
            return (null, []);
        }

        var password = section[passwordSetting];
        if (AsPem(content) is not { } pem)
        {
            return section[keySetting] is null
                ? OfPkcs12(content, setting, passwordSetting, password)
                : Wrong($"{PathOf(keySetting)} goes with a PEM file, but {PathOf(setting)} names none.");
        }

        var holder = section[keySetting] is null ? setting : keySetting;
        if (holder == keySetting)
        {
            if (ReadFile(keySetting) is not { } keyContent)
            {
                return (null, []);
            }

            return OfPem(pem, AsPem(keyContent) ?? "", setting, holder, passwordSetting, password);
        }

        return OfPem(pem, pem, setting, holder, passwordSetting, password);
    }

    /// <summary>Reads the certificates of an authority, from PEM.</summary>
    /// <returns>The certificates; null when something is wrong.</returns>
    public X509Certificate2Collection? ReadAuthority(string setting)
    {
        if (section[setting] is null)
        {
            errors.Add($"{PathOf(setting)} must name the PEM file of the authority that the certificates of others come from.");
            return null;
        }

        if (ReadFile(setting) is not { } content)
        {
            return null;
        }

        var authority = Certificates(AsPem(content));
        if (authority.Any(IsRoot))
        {
            return authority;
        }

        errors.Add($"{PathOf(setting)} must name a PEM file with the authority's root certificate; '{section[setting]}' has none.");
        return null;
    }

    private (X509Certificate2? Own, X509Certificate2Collection Issuers) OfPem(string pem, string key, string setting, string keySetting, string passwordSetting, string? password)
    {
        var certificates = Certificates(pem);
        if (certificates.Count == 0)
        {
            return Wrong($"{PathOf(setting)} must name a file with a certificate; '{section[setting]}' has none that can be read.");
        }

        try
        {
            var own = key.Contains(EncryptedKey, StringComparison.Ordinal) ? X509Certificate2.CreateFromEncryptedPem(pem, key, password) : X509Certificate2.CreateFromPem(pem, key);
            certificates.RemoveAt(0);
            return (ForTls(own), certificates);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            var locked = key.Contains(EncryptedKey, StringComparison.Ordinal) ? $", or {PathOf(passwordSetting)} does not open it" : "";
            return Wrong($"{PathOf(keySetting)} must name a file with the certificate's private key; '{section[keySetting]}' has none that fits{locked}.");
        }
    }

    private (X509Certificate2? Own, X509Certificate2Collection Issuers) OfPkcs12(byte[] content, string setting, string passwordSetting, string? password)
    {
        try
        {
            var certificates = X509CertificateLoader.LoadPkcs12Collection(content, password);
            if (certificates.FirstOrDefault(certificate => certificate.HasPrivateKey) is { } own)
            {
                certificates.Remove(own);
                return (own, certificates);
            }
        }
        catch (CryptographicException)
        {
            // Said below.
        }

        return Wrong($"{PathOf(setting)} must name a file with a certificate and its private key, PEM or PKCS#12; '{section[setting]}' is none, or {PathOf(passwordSetting)} does not open it.");
    }

    private byte[]? ReadFile(string setting)
    {
        var path = section[setting];
        if (string.IsNullOrWhiteSpace(path) || path.Contains(Pem, StringComparison.Ordinal))
        {
            errors.Add($"{PathOf(setting)} must be the path of a file, not {(string.IsNullOrWhiteSpace(path) ? "empty" : "what is in it")}.");
            return null;
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e is UnauthorizedAccessException ? "access is denied" : "reading fails";
            errors.Add($"{PathOf(setting)} names '{path}', which cannot be read: {reason}.");
            return null;
        }
    }

    private (X509Certificate2? Own, X509Certificate2Collection Issuers) Wrong(string error)
    {
        errors.Add(error);
        return (null, []);
    }

    private string PathOf(string setting) => $"{section.Path}:{setting}";

    private static string? AsPem(byte[] content) =>
        Encoding.UTF8.GetString(content) is var text && text.Contains(Pem, StringComparison.Ordinal) ? text : null;

    private static X509Certificate2Collection Certificates(string? pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }

        return certificates;
    }

    private static bool IsRoot(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    // Windows' TLS takes no key that is only in memory.
    private static X509Certificate2 ForTls(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }
}
