using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using YamlDotNet.RepresentationModel;

namespace AgentStream.Deploy.Tests.Manifests;

/// <summary>What compose, Kubernetes, the proxy and the image must have in common.</summary>
public sealed partial class ManifestTests
{
    private const string Image = "agentstream-silo:latest";
    private const int Http = 8080;
    private const int Cluster = 11111;

    // docs/operations.md: what a process needs after its DrainDelay, with the default DrainTimeout.
    private const int StopSeconds = 5 + 20;

    private static readonly string[] Silos = ["silo-a", "silo-b", "silo-c"];

    private static YamlNode Compose => Yaml.Read("deploy/compose.yaml").Single();

    private static IReadOnlyList<YamlNode> Kubernetes { get; } = [.. Directory.GetFiles(Repository.PathOf("deploy/kubernetes"), "*.yaml").Order(StringComparer.Ordinal).SelectMany(file => Yaml.Read(file))];

    private static YamlNode Pod => Kubernetes.Single(node => node.Text("kind") == "Deployment").At("spec", "template", "spec");

    [Fact]
    public void Compose_gives_each_silo_an_address_settings_that_exist_and_time_to_stop()
    {
        var silo = Compose.At("x-silo");
        var common = Compose.At("x-environment").Pairs().ToDictionary(pair => pair.Name, pair => ((YamlScalarNode)pair.Value).Value!);
        Assert.Equal(Image, silo.Text("image"));
        Assert.Equal(Http.ToString(CultureInfo.InvariantCulture), common["ASPNETCORE_HTTP_PORTS"]);
        Assert.True(Seconds(silo.Text("stop_grace_period")) > Seconds(common["AgentStream__Health__DrainDelay"]) + StopSeconds);
        Assert.StartsWith("${AGENTSTREAM_API_KEY_HASH:?", common["Authentication__Schemes__ApiKeys__0__Hash"], StringComparison.Ordinal);

        var addresses = new HashSet<string>();
        foreach (var name in Silos)
        {
            var environment = Compose.At("services", name, "environment");
            var own = environment.Text("AgentStream__Cluster__AdvertisedAddress");
            Assert.Equal(Compose.Text("services", name, "networks", "inside", "ipv4_address"), own);
            Assert.True(addresses.Add(own));
            Assert.All(environment.Pairs().Select(pair => pair.Name).Where(variable => variable != "<<").Concat(common.Keys), variable => Assert.True(Settings.Has(variable), variable));
        }

        Assert.All(Words(Compose, "services", "redis", "command").Zip(Words(Compose, "services", "redis", "command").Skip(1)).Where(pair => pair.First is "--appendonly" or "--maxmemory-policy"),
            pair => Assert.Contains(pair.Second, (string[])["yes", "noeviction"]));
    }

    [Fact]
    public void The_proxy_and_Prometheus_know_the_silos_of_compose()
    {
        var proxy = Repository.Read("deploy/haproxy/haproxy.cfg");
        var servers = ServerLine().Matches(proxy).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(Silos.Select(name => $"{name}:{Http}"), servers);
        Assert.Equal(servers, Words(Yaml.Read("deploy/prometheus/prometheus.yml").Single(), "scrape_configs", 0, "static_configs", 0, "targets"));
        Assert.Contains($"bind :{Http}", proxy, StringComparison.Ordinal);

        // It has noticed before the silo stops: two checks that fail, each in time.
        var check = CheckLine().Match(proxy);
        var notices = int.Parse(check.Groups[1].Value, CultureInfo.InvariantCulture) * int.Parse(check.Groups[2].Value, CultureInfo.InvariantCulture);
        Assert.True(Seconds(Compose.Text("x-environment", "AgentStream__Health__DrainDelay")) > notices + 2, $"The proxy takes {notices} s.");
    }

    [Fact]
    public void Kubernetes_gives_each_pod_its_address_settings_that_exist_and_time_to_stop()
    {
        var silo = Pod.At("containers", 0);
        Assert.Equal(Image, silo.Text("image"));
        var environment = silo.At("env").Items().ToDictionary(variable => variable.Text("name"));
        Assert.All(environment.Keys, variable => Assert.True(Settings.Has(variable), variable));
        Assert.Equal("status.podIP", environment["AgentStream__Cluster__AdvertisedAddress"].Text("valueFrom", "fieldRef", "fieldPath"));

        // Ports have the same number wherever they are named.
        var ports = silo.At("ports").Items().ToDictionary(port => port.Text("name"), port => port.Number("containerPort"));
        Assert.Equal((Http, Cluster), (ports["http"], ports["silo"]));
        Assert.Equal(Http, environment["ASPNETCORE_HTTP_PORTS"].Number("value"));
        Assert.Equal(Cluster, environment["AgentStream__Cluster__SiloPort"].Number("value"));
        string[] probes = ["startupProbe", "readinessProbe", "livenessProbe"];
        Assert.All(probes, probe => Assert.Equal("http", silo.Text(probe, "httpGet", "port")));
        Assert.Equal("/health/ready", silo.Text("readinessProbe", "httpGet", "path"));
        Assert.Equal("/health/live", silo.Text("livenessProbe", "httpGet", "path"));

        var drain = Seconds(environment["AgentStream__Health__DrainDelay"].Text("value"));
        Assert.True(Pod.Number("terminationGracePeriodSeconds") > drain + StopSeconds);
        Assert.True(drain >= (silo.Number("readinessProbe", "periodSeconds") * silo.Number("readinessProbe", "failureThreshold")) + silo.Number("readinessProbe", "timeoutSeconds"));
        Assert.Equal("true", Pod.Text("securityContext", "runAsNonRoot"));
    }

    [Fact]
    public void Selectors_of_Kubernetes_find_the_pods()
    {
        var labels = Kubernetes.Where(node => node.Text("kind") is "Deployment" or "StatefulSet").Select(node => node.Text("spec", "template", "metadata", "labels", "app")).ToList();
        Assert.Equal(["redis", "agentstream-silo"], labels);
        string[] kinds = ["Service", "PodDisruptionBudget", "Deployment", "StatefulSet", "NetworkPolicy"];
        foreach (var node in Kubernetes.Where(node => kinds.Contains(node.Text("kind"))))
        {
            var selector = node.Find("spec", "podSelector", "matchLabels", "app") ?? node.Find("spec", "selector", "matchLabels", "app") ?? node.At("spec", "selector", "app");
            Assert.Contains(((YamlScalarNode)selector).Value!, labels);
        }

        Assert.Equal(1, Kubernetes.Single(node => node.Text("kind") == "PodDisruptionBudget").Number("spec", "maxUnavailable"));
        var listed = Kubernetes.Single(node => node.Text("kind") == "Kustomization").At("resources").Items().Select(item => ((YamlScalarNode)item).Value!);
        Assert.All(listed, file => Assert.True(File.Exists(Repository.PathOf($"deploy/kubernetes/{file}")), file));
    }

    [Fact]
    public void The_image_is_named_and_opens_ports_as_the_manifests_have_it()
    {
        var profile = XDocument.Load(Repository.PathOf("src/Silo/Properties/PublishProfiles/Container.pubxml"));
        string Property(string name) => profile.Descendants(name).Single().Value;
        Assert.Equal((Image, "app", "true"), ($"{Property("ContainerRepository")}:{Property("ContainerImageTag")}", Property("ContainerUser"), Property("PublishReadyToRun")));
        Assert.Equal([Http, Cluster], profile.Descendants("ContainerPort").Select(port => (int)port.Attribute("Include")!));

        var docker = Repository.Read("deploy/Dockerfile");
        Assert.Contains($"EXPOSE {Http} {Cluster}\n", docker, StringComparison.Ordinal);
        Assert.Contains("USER $APP_UID\n", docker, StringComparison.Ordinal);
    }

    private static List<string> Words(YamlNode node, params object[] path) => [.. node.At(path).Items().Select(item => ((YamlScalarNode)item).Value!)];

    private static int Seconds(string duration) => int.Parse(duration.TrimEnd('s'), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^  server \w+ (\S+)$", RegexOptions.Multiline)]
    private static partial Regex ServerLine();

    [GeneratedRegex(@"check inter (\d+)s fall (\d+)")]
    private static partial Regex CheckLine();
}
