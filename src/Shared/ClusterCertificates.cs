using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Orleans.Connections.Security;

namespace AgentStream;

/// <summary>
/// What a silo or a client shows the others of its cluster, and what it asks of them: a certificate of one authority, in both directions. Names do not count: silos find each other by addresses.
/// </summary>
internal sealed class ClusterCertificates
{
    /// <summary>The setting that names the certificate.</summary>
    public const string CertificateSetting = "Certificate";

    /// <summary>The setting that names the authority.</summary>
    public const string AuthoritySetting = "CertificateAuthority";

    private const string KeySetting = "CertificateKey";
    private const string PasswordSetting = "CertificatePassword";
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _own;
    private readonly X509Certificate2Collection _authority;
    private readonly SslStreamCertificateContext _shown;

    private ClusterCertificates(X509Certificate2 own, X509Certificate2Collection issuers, X509Certificate2Collection authority)
    {
        _own = own;
        _authority = authority;
        _shown = SslStreamCertificateContext.Create(own, issuers, offline: true);
    }

    /// <summary>Reads the settings and the files that they name.</summary>
    /// <param name="section">The section of the cluster.</param>
    /// <param name="isSilo">Whether the program is a silo, or a client of the cluster.</param>
    /// <param name="errors">Gets a sentence for each setting that is wrong; none has a secret in it.</param>
    /// <returns>The certificates; null when none are set, or something is wrong.</returns>
    public static ClusterCertificates? Read(IConfigurationSection section, bool isSilo, List<string> errors)
    {
        if (section[CertificateSetting] is null)
        {
            var alone = ((string[])[KeySetting, PasswordSetting, AuthoritySetting]).Where(setting => section[setting] is not null);
            errors.AddRange(alone.Select(setting => $"{section.Path}:{setting} goes with {section.Path}:{CertificateSetting}, which is not set."));
            return null;
        }

        var files = new CertificateFiles(section, errors);
        var (own, issuers) = files.ReadOwn(CertificateSetting, KeySetting, PasswordSetting);
        var authority = files.ReadAuthority(AuthoritySetting);
        if (own is null || authority is null)
        {
            return null;
        }

        // A silo calls others, and is called.
        if (!Allows(own, ClientUsage) || (isSilo && !Allows(own, ServerUsage)))
        {
            errors.Add($"{section.Path}:{CertificateSetting} must be a certificate for {(isSilo ? "server and " : "")}client authentication, by its extended key usage.");
            return null;
        }

        return new ClusterCertificates(own, issuers, authority);
    }

    /// <summary>Sets Orleans' connections up.</summary>
    public void Configure(TlsOptions options)
    {
        options.LocalCertificate = _own;
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.RemoteCertificateValidation = (_, chain, errors) => Accepts(chain, errors);
        options.OnAuthenticateAsServer = (_, server) =>
        {
            var ssl = (SslServerAuthenticationOptions)server.SslServerAuthenticationOptions;
            ssl.ServerCertificateSelectionCallback = null;
            ssl.ServerCertificateContext = _shown;
            ssl.CertificateChainPolicy = NewPolicy();
            ssl.AllowTlsResume = false;
        };
        options.OnAuthenticateAsClient = (_, client) =>
        {
            var ssl = (SslClientAuthenticationOptions)client.SslClientAuthenticationOptions;
            ssl.ClientCertificates = null;
            ssl.ClientCertificateContext = _shown;
            ssl.CertificateChainPolicy = NewPolicy();
            ssl.AllowTlsResume = false;
        };
    }

    /// <summary>Whether the other side may stay, by what .NET has found under <see cref="NewPolicy"/>.</summary>
    private static bool Accepts(X509Chain? chain, SslPolicyErrors errors) =>
        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None
        && chain?.ChainPolicy.TrustMode == X509ChainTrustMode.CustomRootTrust;

    private static bool Allows(X509Certificate2 certificate, string usage) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().ToArray() is var extensions
        && (extensions.Length == 0 || extensions.Any(extension => extension.EnhancedKeyUsages[usage] is not null));

    private X509ChainPolicy NewPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_authority);
        return policy;
    }
}
