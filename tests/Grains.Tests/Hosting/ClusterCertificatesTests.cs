using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AgentStream.TestTools;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Orleans.Connections.Security;

namespace AgentStream.Grains.Tests.Hosting;

/// <summary>The settings that name a cluster's certificates, in each form that files have, and what is said of those that cannot be used.</summary>
public sealed class ClusterCertificatesTests : IDisposable
{
    private const string Password = "S3CRET pass";

    private readonly TestCertificates _files = new();
    private readonly TestCertificates _others = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-certificates-");

    public void Dispose()
    {
        _files.Dispose();
        _others.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Without_settings_there_are_none() => Assert.Null(Read().Certificates);

    [Theory]
    [InlineData("two files")]
    [InlineData("one file")]
    [InlineData("encrypted key")]
    [InlineData("PKCS#12")]
    public void A_certificate_comes_from_PEM_in_one_file_or_two_or_from_PKCS_12(string form)
    {
        var options = new TlsOptions();
        Read([("CertificateAuthority", _files.AuthorityFile), .. Own(form)]).Certificates!.Configure(options);
        using var expected = X509CertificateLoader.LoadCertificateFromFile(_files.CertificateFile);
        Assert.Equal(expected.Thumbprint, options.LocalCertificate!.Thumbprint);
        Assert.True(options.LocalCertificate.HasPrivateKey);
        Assert.Equal((RemoteCertificateMode.RequireCertificate, RemoteCertificateMode.RequireCertificate), (options.RemoteCertificateMode, options.ClientCertificateMode));
    }

    [Theory]
    [InlineData("encrypted key", null)]
    [InlineData("encrypted key", "wrong")]
    [InlineData("PKCS#12", null)]
    [InlineData("PKCS#12", "wrong")]
    public void A_password_that_does_not_fit_is_named_and_not_shown(string form, string? password)
    {
        var settings = Own(form).Where(setting => setting.Name != "CertificatePassword");
        var error = Error([("CertificateAuthority", _files.AuthorityFile), .. settings, .. password is null ? [] : new[] { ("CertificatePassword", password) }]);
        Assert.EndsWith("or AgentStream:Cluster:CertificatePassword does not open it.", error, StringComparison.Ordinal);
        Assert.All((string?[])["S3CRET", password], secret => Assert.True(secret is null || !error.Contains($"'{secret}'", StringComparison.Ordinal)));
    }

    [Fact]
    public void Files_that_cannot_be_used_are_named_with_their_setting()
    {
        var missing = Path.Combine(_folder.FullName, "missing.pem");
        var rubbish = Write("rubbish", "nothing of that kind");
        (string, string) certificate = ("Certificate", _files.CertificateFile), key = ("CertificateKey", _files.KeyFile), authority = ("CertificateAuthority", _files.AuthorityFile);

        Assert.Equal($"AgentStream:Cluster:Certificate names '{missing}', which cannot be read: there is no such file.", Error(("Certificate", missing), key, authority));
        Assert.Equal($"AgentStream:Cluster:CertificateKey names '{missing}', which cannot be read: there is no such file.", Error(certificate, ("CertificateKey", missing), authority));
        Assert.Equal($"AgentStream:Cluster:CertificateAuthority names '{missing}', which cannot be read: there is no such file.", Error(certificate, key, ("CertificateAuthority", missing)));
        Assert.Equal("AgentStream:Cluster:CertificateAuthority must name the PEM file of the authority that the certificates of others come from.", Error(certificate, key));
        Assert.StartsWith($"AgentStream:Cluster:Certificate must name a file with a certificate and its private key, PEM or PKCS#12; '{rubbish}' is none", Error(("Certificate", rubbish), authority), StringComparison.Ordinal);
        Assert.Equal($"AgentStream:Cluster:CertificateKey must name a file with the certificate's private key; '{rubbish}' has none that fits.", Error(certificate, ("CertificateKey", rubbish), authority));
        Assert.Equal($"AgentStream:Cluster:CertificateKey must name a file with the certificate's private key; '{_others.KeyFile}' has none that fits.", Error(certificate, ("CertificateKey", _others.KeyFile), authority));
        Assert.Equal($"AgentStream:Cluster:Certificate must name a file with the certificate's private key; '{_files.CertificateFile}' has none that fits.", Error(certificate, authority));
        Assert.Equal($"AgentStream:Cluster:CertificateAuthority must name a PEM file with the authority's root certificate; '{_files.CertificateFile}' has none.", Error(certificate, key, ("CertificateAuthority", _files.CertificateFile)));
    }

    [Fact]
    public void Settings_without_the_certificate_they_go_with_are_refused()
    {
        Assert.Equal("AgentStream:Cluster:CertificateAuthority goes with AgentStream:Cluster:Certificate, which is not set.", Error(("CertificateAuthority", _files.AuthorityFile)));
        Assert.Equal("AgentStream:Cluster:Certificate must be the path of a file, not empty.", Error(("Certificate", ""), ("CertificateAuthority", _files.AuthorityFile)));
    }

    [Fact]
    public void A_key_in_the_place_of_a_path_is_not_shown()
    {
        var error = Error(("Certificate", _files.CertificateFile), ("CertificateKey", File.ReadAllText(_files.KeyFile)), ("CertificateAuthority", _files.AuthorityFile));
        Assert.Equal("AgentStream:Cluster:CertificateKey must be the path of a file, not what is in it.", error);
    }

    [Fact]
    public void A_silo_needs_a_certificate_for_both_directions_and_a_client_for_its_own()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        (string, string)[] settings =
        [
            ("Certificate", Write("client.pem", certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem())), ("CertificateAuthority", _files.AuthorityFile),
        ];
        Assert.NotNull(ClusterSettings.Read(Configuration(settings), isSilo: false).Certificates);
        Assert.Equal("AgentStream:Cluster:Certificate must be a certificate for server and client authentication, by its extended key usage.", Error(settings));
    }

    private (string Name, string Value)[] Own(string form)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(_files.CertificateFile, _files.KeyFile);
        using var key = certificate.GetECDsaPrivateKey()!;
        return form switch
        {
            "two files" => [("Certificate", _files.CertificateFile), ("CertificateKey", _files.KeyFile)],
            "one file" => [("Certificate", Write("both.pem", File.ReadAllText(_files.KeyFile) + "\n" + File.ReadAllText(_files.CertificateFile)))],
            "encrypted key" =>
            [
                ("Certificate", _files.CertificateFile),
                ("CertificateKey", Write("locked.pem", key.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)))),
                ("CertificatePassword", Password),
            ],
            _ => [("Certificate", Write("both.p12", certificate.Export(X509ContentType.Pkcs12, Password))), ("CertificatePassword", Password)],
        };
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private static string Error(params (string, string)[] settings) => Assert.Single(Assert.Throws<OptionsValidationException>(() => Read(settings)).Failures);

    private static ClusterSettings Read(params (string, string)[] settings) => ClusterSettings.Read(Configuration(settings), isSilo: true);

    private static IConfiguration Configuration((string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"AgentStream:Cluster:{setting.Name}", (string?)setting.Value)))
        .Build();
}
