package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

const (
	idleTimeout     = time.Hour
	creationTimeout = 30 * time.Second
)

// servePods answers what the API server asks a kubelet; the paths are those of pkg/kubelet/server/server.go in Kubernetes 1.36.
func servePods(words []string) error {
	flags := flag.NewFlagSet("kwok serve-pods", flag.ContinueOnError)
	address := flags.String("address", "", "where to listen, such as 127.0.0.1:10250")
	pods := flags.String("pods", "", "the directory with one record for each pod that runs here")
	certificates := flags.String("certificates", "", "the directory with ca.crt, node.crt and node.key")
	group := flags.String("group", "", "the group of the only client that is answered: the API server's")
	if err := flags.Parse(words); err != nil {
		return err
	}
	authority, err := os.ReadFile(filepath.Join(*certificates, "ca.crt"))
	if err != nil {
		return err
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(authority) {
		return fmt.Errorf("%s/ca.crt: wanted a certificate, found none", *certificates)
	}
	server := &http.Server{
		Addr:              *address,
		Handler:           onlyFor(*group, routePods(podDirectory(*pods))),
		ReadHeaderTimeout: 5 * time.Second,
		TLSConfig:         &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authorities, MinVersion: tls.VersionTLS13},
		// Streams are hijacked connections, which HTTP/2 does not have.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	log.Printf("serving the pods of %s on %s", *pods, *address)
	return server.ListenAndServeTLS(filepath.Join(*certificates, "node.crt"), filepath.Join(*certificates, "node.key"))
}

// onlyFor refuses every client whose certificate is of another group: all users of the cluster share one authority.
func onlyFor(group string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		client := request.TLS.PeerCertificates[0].Subject
		if !slices.Contains(client.Organization, group) {
			http.Error(writer, fmt.Sprintf("%s: not of the group %s", client.CommonName, group), http.StatusForbidden)
			return
		}
		next.ServeHTTP(writer, request)
	})
}

func routePods(pods podDirectory) http.Handler {
	routes := http.NewServeMux()
	exec := func(writer http.ResponseWriter, request *http.Request) {
		options, err := remotecommand.NewOptions(request)
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		command := request.URL.Query()["command"]
		if len(command) == 0 {
			http.Error(writer, "wanted a command, found none", http.StatusBadRequest)
			return
		}
		remotecommand.ServeExec(writer, request, pods, podOf(request), "", request.PathValue("container"), command, options,
			idleTimeout, creationTimeout, remotecommand.SupportedStreamingProtocols)
	}
	forward := func(writer http.ResponseWriter, request *http.Request) {
		options, err := portforward.NewV4Options(request)
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		portforward.ServePortForward(writer, request, pods, podOf(request), "", options, idleTimeout, creationTimeout, portforward.SupportedProtocols)
	}
	routes.HandleFunc("/exec/{namespace}/{pod}/{container}", exec)
	routes.HandleFunc("/exec/{namespace}/{pod}/{uid}/{container}", exec)
	routes.HandleFunc("/portForward/{namespace}/{pod}", forward)
	routes.HandleFunc("/portForward/{namespace}/{pod}/{uid}", forward)
	routes.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", pods.serveLog)
	return routes
}

// podOf is the name under which the runner of pods keeps its record; names of Kubernetes hold no underscore.
func podOf(request *http.Request) string {
	return request.PathValue("namespace") + "_" + request.PathValue("pod")
}
