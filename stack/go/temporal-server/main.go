// Command temporal-server runs a whole Temporal server with its Web UI on SQLite, for trying out and testing. It takes the
// flags of `temporal server start-dev` that the SDK passes; --auth-jwks turns on the JWT claim mapper and the default authorizer.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	tlog "go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	schema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
	"gopkg.in/yaml.v3"
)

const local = "127.0.0.1" // history, matching, worker and internal-frontend never leave the machine

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatalln("temporal-server:", err)
	}
	return v
}

func freePort(ip string) int {
	l := must(net.Listen("tcp", net.JoinHostPort(ip, "0")))
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func addr(ip string, port int) string { return net.JoinHostPort(ip, fmt.Sprint(port)) }

func main() {
	namespaces, dc := []string{"default"}, dynamicconfig.StaticClient{}
	fs := flag.NewFlagSet("temporal-server", flag.ExitOnError)
	ip := fs.String("ip", local, "frontend address")
	port := fs.Int("port", 7233, "frontend gRPC port")
	httpPort := fs.Int("http-port", 0, "frontend HTTP API port (0: a free one)")
	metricsPort := fs.Int("metrics-port", 0, "Prometheus port (0: off)")
	headless := fs.Bool("headless", false, "no UI")
	uiIP := fs.String("ui-ip", "", "UI address (default: --ip)")
	uiPort := fs.Int("ui-port", 0, "UI port (default: --port + 1000)")
	db := fs.String("db-filename", "", "SQLite file (default: in memory)")
	logFormat := fs.String("log-format", "text", "text, pretty or json")
	level := fs.String("log-level", "warn", "debug, info, warn, error or never")
	fs.Func("namespace", "namespace to create besides default (repeatable)", func(v string) error {
		namespaces = append(namespaces, v)
		return nil
	})
	fs.Func("dynamic-config-value", "KEY=JSON-or-YAML (repeatable)", func(v string) error {
		k, raw, _ := strings.Cut(v, "=")
		var val any
		err := yaml.Unmarshal([]byte(raw), &val) // not JSON: whole numbers have to be int
		dc[dynamicconfig.MakeKey(k)] = val
		return err
	})
	jwks := fs.String("auth-jwks", "", "JWKS as http(s):// or file:// URI; turns the authorizer on")
	claim := fs.String("auth-permissions-claim", "permissions", "JWT claim that lists NAMESPACE:ROLE")
	codec := fs.String("ui-codec-endpoint", "", "codec server with which the UI shows encrypted payloads")
	oidc := fs.String("ui-oidc-issuer", "", "OIDC issuer for UI login (client id temporal-ui)")
	args := os.Args[1:]
	if len(args) >= 2 && args[0] == "server" && args[1] == "start-dev" {
		args = args[2:]
	}
	must(0, fs.Parse(args))
	*uiIP = cmp.Or(*uiIP, *ip)
	*uiPort = cmp.Or(*uiPort, *port+1000)

	// Storage: one SQLite database for history and visibility, namespaces written directly.
	sql := &config.SQL{PluginName: sqlite.PluginName, DatabaseName: *db,
		ConnectAttributes: map[string]string{"mode": "rwc", "setup": "true"}}
	if *db == "" {
		sql.DatabaseName = fmt.Sprintf("temporal-server-%d", os.Getpid())
		sql.ConnectAttributes = map[string]string{"mode": "memory", "cache": "shared"}
	}
	for _, ns := range namespaces {
		must(0, schema.CreateNamespaces(sql, must(schema.NewNamespaceConfig("active", ns, false, nil))))
	}

	// Services: with the authorizer on, the system workers go through internal-frontend,
	// which maps every caller to principal temporal/internal with the admin role.
	cfg := &config.Config{}
	services := append([]string{}, temporal.DefaultServices...)
	if *jwks == "" {
		cfg.PublicClient.HostPort = addr(*ip, *port)
	} else {
		services = append(services, string(primitives.InternalFrontendService))
	}
	*httpPort = cmp.Or(*httpPort, freePort(*ip))
	cfg.Services = map[string]config.Service{}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for _, name := range services {
		rpc := config.RPC{BindOnIP: *ip, GRPCPort: *port, HTTPPort: *httpPort}
		if name != string(primitives.FrontendService) {
			rpc = config.RPC{BindOnIP: local, GRPCPort: freePort(local), HTTPPort: freePort(local)}
		}
		cfg.Services[name] = config.Service{RPC: rpc}
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(addr(rpc.BindOnIP, rpc.GRPCPort))
	}
	cfg.Global.Membership = config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: local}
	if *metricsPort != 0 {
		cfg.Global.Metrics = &metrics.Config{Prometheus: &metrics.PrometheusConfig{
			ListenAddress: addr(*ip, *metricsPort), HandlerPath: "/metrics"}}
	}
	cfg.Persistence = config.Persistence{DefaultStore: "db", VisibilityStore: "db", NumHistoryShards: 1,
		DataStores: map[string]config.DataStore{"db": {SQL: sql}}}
	cfg.ClusterMetadata = &cluster.Config{FailoverVersionIncrement: 10, MasterClusterName: "active", CurrentClusterName: "active",
		ClusterInformation: map[string]cluster.ClusterInformation{"active": {Enabled: true, InitialFailoverVersion: 1,
			RPCAddress: addr(*ip, *port), HTTPAddress: addr(*ip, *httpPort)}}}
	cfg.DCRedirectionPolicy.Policy = "noop"
	cfg.Archival.History.State, cfg.Archival.Visibility.State = "disabled", "disabled"
	cfg.NamespaceDefaults.Archival.History.State, cfg.NamespaceDefaults.Archival.Visibility.State = "disabled", "disabled"

	format := map[bool]string{true: "json", false: "console"}[*logFormat == "json"]
	logger := tlog.NewZapLogger(tlog.BuildZapLogger(tlog.Config{Level: strings.Replace(*level, "never", "fatal", 1), Format: format}))
	opts := []temporal.ServerOption{temporal.WithConfig(cfg), temporal.ForServices(services), temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger), temporal.WithDynamicConfigClient(dc)}
	ui := &uiconfig.Config{Host: *uiIP, Port: *uiPort, TemporalGRPCAddress: addr(*ip, *port), EnableUI: true, HideLogs: true,
		CORS: uiconfig.CORS{CookieInsecure: true}, DefaultNamespace: "default", DisableNewsFetch: true}
	ui.Codec = uiconfig.Codec{Endpoint: *codec}
	if *jwks != "" {
		cfg.Global.Authorization = config.Authorization{PermissionsClaimName: *claim, Authorizer: "default", ClaimMapper: "default",
			JWTKeyProvider: config.JWTKeyProvider{KeySourceURIs: []string{*jwks}, RefreshInterval: time.Minute}}
		mapper := must(authorization.GetClaimMapperFromConfig(&cfg.Global.Authorization, logger))
		opts = append(opts, temporal.WithAuthorizer(authorization.NewDefaultAuthorizer()),
			temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return mapper }))
	}
	if *oidc != "" {
		ui.Auth = uiconfig.Auth{Enabled: true, Providers: []uiconfig.AuthProvider{{Type: "oidc", ProviderURL: *oidc, ClientID: "temporal-ui",
			ClientSecret: os.Getenv("UI_OIDC_SECRET"), Scopes: []string{"openid", "profile", "email"},
			CallbackURL: "http://" + addr(*uiIP, *uiPort) + "/auth/sso/callback"}}}
	}
	// The UI comes second: its gRPC client answers 503 for a while if its first dial is refused.
	server := must(temporal.NewServer(opts...))
	must(0, server.Start())
	if !*headless {
		go func() {
			log.Fatalln("temporal-server ui:", uiserver.NewServer(uioptions.WithConfigProvider(ui)).Start())
		}()
	}
	<-temporal.InterruptCh()
	must(0, server.Stop())
}
