// Storefront is the sample service of the local stack: a small web shop whose faults are set from outside.
// The same binary carries an Alembic-like migration tool, so that one image serves releases and migrations.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// version is set at build time or by the environment; the image tags differ in nothing else.
var version = "dev"

func main() {
	log.SetFlags(log.LUTC | log.LstdFlags)
	// The image links /bin/alembic to this binary, because runbooks say `alembic upgrade head`.
	if filepath.Base(os.Args[0]) == "alembic" {
		os.Exit(migrate(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
	}
	if len(os.Args) > 1 && os.Args[1] == "alembic" {
		os.Exit(migrate(os.Args[2:], os.Getenv, os.Stdout, os.Stderr))
	}
	settings, err := readSettings(os.Getenv)
	if err != nil {
		log.Fatalf("storefront: %v", err)
	}
	if settings.crashReason != "" {
		log.Fatalf("storefront %s: cannot start: %s", settings.version, settings.crashReason)
	}
	if err := serve(settings); err != nil {
		log.Fatalf("storefront %s: %v", settings.version, err)
	}
}

// serve answers until SIGTERM; then it fails readiness, keeps serving for the grace, and closes.
func serve(settings settings) error {
	pod := settings.pod
	if pod == "" {
		var err error
		if pod, err = os.Hostname(); err != nil {
			return fmt.Errorf("reading the host name: %w", err)
		}
	}
	shop := newShop(settings, pod)
	server := &http.Server{Handler: shop.routes(), ReadHeaderTimeout: 5 * time.Second}
	listener, err := net.Listen("tcp", net.JoinHostPort(settings.host, settings.port))
	if err != nil {
		return err
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Printf("storefront %s on %s: listening on %s", settings.version, pod, listener.Addr())

	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	// Endpoints are withdrawn a moment after the signal; requests that are still on their way must be answered.
	shop.draining.Store(true)
	log.Printf("storefront %s: stopping after %s", settings.version, settings.grace)
	time.Sleep(settings.grace)
	bounded, release := context.WithTimeout(context.Background(), 3*time.Second)
	defer release()
	return server.Shutdown(bounded)
}
