using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AgentStream.TestTools;

/// <summary>An authority of the tests' own, and certificates of it for this machine's loopback, as files for redis-server and for silos.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("agentstream-tls-").FullName;

    /// <summary>Makes both.</summary>
    public TestCertificates()
    {
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var authorityKey = NewKey();
        using var authority = AuthorityRequest("CN=AgentStream tests", authorityKey).CreateSelfSigned(from, until);

        using var key = NewKey();
        using var certificate = LocalRequest(key).Create(authority, from, until, [1]);

        using var middleKey = NewKey();
        using var middlePublic = AuthorityRequest("CN=AgentStream tests between", middleKey).Create(authority, from, until, [2]);
        using var middle = middlePublic.CopyWithPrivateKey(middleKey);
        using var chainedKey = NewKey();
        using var chained = LocalRequest(chainedKey).Create(middle, from, until, [3]);

        File.WriteAllText(AuthorityFile, authority.ExportCertificatePem());
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllLines(ChainFile, [chained.ExportCertificatePem(), middle.ExportCertificatePem(), chainedKey.ExportPkcs8PrivateKeyPem()]);
    }

    /// <summary>The authority, as PEM.</summary>
    public string AuthorityFile => Path.Combine(_directory, "authority.pem");

    /// <summary>The certificate, as PEM.</summary>
    public string CertificateFile => Path.Combine(_directory, "certificate.pem");

    /// <summary>The certificate's private key, as PEM.</summary>
    public string KeyFile => Path.Combine(_directory, "key.pem");

    /// <summary>Another certificate, the one between it and the authority, and its private key, as PEM.</summary>
    public string ChainFile => Path.Combine(_directory, "chain.pem");

    /// <summary>The arguments that let redis-server listen with TLS, without asking for a client's certificate.</summary>
    /// <param name="port">The port for TLS.</param>
    /// <returns>The arguments.</returns>
    public string[] ArgumentsOf(int port) =>
    [
        "--tls-port", FormattableString.Invariant($"{port}"), "--tls-cert-file", CertificateFile, "--tls-key-file", KeyFile, "--tls-ca-cert-file", AuthorityFile,
        "--tls-auth-clients", "no",
    ];

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static CertificateRequest AuthorityRequest(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request;
    }

    private static CertificateRequest LocalRequest(ECDsa key)
    {
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request;
    }
}
