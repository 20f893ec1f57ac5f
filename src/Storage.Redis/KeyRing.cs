using System.Security.Cryptography.X509Certificates;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Sqlite;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Storage.Redis;

/// <summary>Keeps the keys of Data Protection where the program keeps its sessions, unless the program has said where. The application's name is the same for all that share them.</summary>
internal sealed class KeyRing(IServiceProvider services) : IPostConfigureOptions<KeyManagementOptions>, IPostConfigureOptions<DataProtectionOptions>
{
    private const string ApplicationName = "AgentStream";
    private const string Section = $"{AgentStreamOptions.Section}:DataProtection";
    private const string CertificateSetting = "Certificate";
    private const string KeySetting = "CertificateKey";
    private const string PasswordSetting = "CertificatePassword";

    /// <summary>Registers it, once.</summary>
    /// <exception cref="OptionsValidationException">The certificate that is to protect the keys cannot be used.</exception>
    public static IServiceCollection Add(IServiceCollection services, IConfiguration configuration)
    {
        if (services.Any(service => service.ServiceType == typeof(KeyRing)))
        {
            return services;
        }

        services.AddSingleton<KeyRing>();
        services.AddSingleton<IPostConfigureOptions<KeyManagementOptions>>(provider => provider.GetRequiredService<KeyRing>());
        services.AddSingleton<IPostConfigureOptions<DataProtectionOptions>>(provider => provider.GetRequiredService<KeyRing>());
        var protection = services.AddDataProtection();
        if (ReadCertificate(configuration.GetSection(Section)) is { } certificate)
        {
            protection.ProtectKeysWithCertificate(certificate);
        }

        return services;
    }

    public void PostConfigure(string? name, KeyManagementOptions options) => options.XmlRepository ??= Repository();

    // A program that keeps its keys elsewhere has other things protected with them, under its own name.
    public void PostConfigure(string? name, DataProtectionOptions options)
    {
        var isGiven = options.ApplicationDiscriminator != services.GetApplicationUniqueIdentifier();
        if (!isGiven && services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlRepository is RedisKeyRepository or SqliteKeyRepository)
        {
            options.ApplicationDiscriminator = ApplicationName;
        }
    }

    private IXmlRepository? Repository() =>
        services.GetService<RedisConnection>() is { } redis ? ActivatorUtilities.CreateInstance<RedisKeyRepository>(services, redis)
            : services.GetService<ISessionJournal>() is SqliteJournal journal ? new SqliteKeyRepository(journal.Database)
            : null;

    private static X509Certificate2? ReadCertificate(IConfigurationSection section)
    {
        var errors = new List<string>();
        X509Certificate2? certificate = null;
        if (section[CertificateSetting] is null)
        {
            errors.AddRange(((string[])[KeySetting, PasswordSetting]).Where(setting => section[setting] is not null)
                .Select(setting => $"{section.Path}:{setting} goes with {section.Path}:{CertificateSetting}, which is not set."));
        }
        else
        {
            (certificate, _) = new CertificateFiles(section, errors).ReadOwn(CertificateSetting, KeySetting, PasswordSetting);
            if (certificate is not null && certificate.GetRSAPrivateKey() is null)
            {
                errors.Add($"{section.Path}:{CertificateSetting} must be a certificate with an RSA key: others cannot encrypt the keys.");
            }
        }

        return errors.Count == 0 ? certificate : throw new OptionsValidationException(Section, typeof(KeyManagementOptions), errors);
    }
}
