using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.Deploy.Tests.Image;

/// <summary>The silo's image, made as docs/deploy.md says. There is no Docker here: what the image has is unpacked, and started as the image says.</summary>
public sealed class ImageTests : IDisposable
{
    private const string Key = "a-key-of-this-test";
    private static readonly string Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-image-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_image_runs_without_root_and_answers()
    {
        const string Command = "dotnet publish src/Silo -p:PublishProfile=Container -t:PublishContainer -p:ContainerArchiveOutputPath=silo.tar.gz";
        Assert.Contains(Command, Repository.Read("docs/deploy.md"), StringComparison.Ordinal);
        using var registry = new BaseImage();
        var archive = Path.Combine(_folder.FullName, "silo.tar.gz");
        string[] arguments =
        [
            // The registry has no certificate.
            $"DOTNET_CONTAINER_INSECURE_REGISTRIES={registry.Url.Authority}", .. Command.Replace("silo.tar.gz", archive, StringComparison.Ordinal).Split(' '),
            $"-p:ContainerBaseImage={registry.Name}", "--artifacts-path", Path.Combine(_folder.FullName, "artifacts"),

            // What takes time and changes nothing here. `bench start` compiles ahead of time.
            "-p:RunAnalyzers=false", "-p:PublishReadyToRun=false",
        ];
        await Tool.RunAsync("env", Repository.PathOf("."), arguments);

        var image = await UnpackAsync(archive);
        Assert.Equal("app", image.GetProperty("User").GetString());
        Assert.Equal(["11111/tcp", "8080/tcp"], image.GetProperty("ExposedPorts").EnumerateObject().Select(port => port.Name).Order(StringComparer.Ordinal));
        var environment = image.GetProperty("Env").EnumerateArray().Select(line => line.GetString()!.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal("8080", environment["ASPNETCORE_HTTP_PORTS"]);
        var entrypoint = image.GetProperty("Entrypoint").EnumerateArray().Select(part => part.GetString()!).ToList();
        Assert.Equal(["dotnet", "/app/AgentStream.Silo.dll"], entrypoint);

        var port = Ports.Free();
        environment["ASPNETCORE_HTTP_PORTS"] = $"{port}";
        await using var redis = await RedisServer.StartAsync();
        await using var silo = Tool.Start(
            "env",
            _folder.FullName,
            [
                .. environment.Where(pair => pair.Key != "PATH").Select(pair => $"{pair.Key}={pair.Value}"),
                "Authentication__Schemes__ApiKeys__0__User=anna", $"Authentication__Schemes__ApiKeys__0__Hash={Hash}", $"ConnectionStrings__redis={redis.Configuration}",
                entrypoint[0], Path.Combine(_folder.FullName, entrypoint[1].TrimStart('/')),
            ]);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        await silo.ServesAsync(http, "health/ready");
        using (var stranger = await http.PostAsJsonAsync("chat", new { prompt = "what is 12*7?" }))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        }

        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        using var answer = await http.PostAsJsonAsync("chat", new { prompt = "what is 12*7?" });
        Assert.Contains("84", await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>Unpacks the layers one over the other, as a container's file system.</summary>
    /// <returns>What the image says of how it is started.</returns>
    private async Task<JsonElement> UnpackAsync(string archive)
    {
        var parts = Path.Combine(_folder.FullName, "parts");
        await ExtractAsync(archive, parts);
        var manifest = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(parts, "manifest.json")))[0];
        foreach (var layer in manifest.GetProperty("Layers").EnumerateArray())
        {
            await ExtractAsync(Path.Combine(parts, layer.GetString()!), _folder.FullName);
        }

        return JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(parts, manifest.GetProperty("Config").GetString()!))).GetProperty("config");
    }

    private static async Task ExtractAsync(string archive, string folder)
    {
        Directory.CreateDirectory(folder);
        await using var file = File.OpenRead(archive);
        var isZipped = file.ReadByte() == 0x1f;
        file.Position = 0;
        await using var stream = isZipped ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        await TarFile.ExtractToDirectoryAsync(stream, folder, overwriteFiles: true);
    }
}
