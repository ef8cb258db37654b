// Holder is a service that does nothing but have a credential, and show which one: what a rotation's consumers are tried out with. Like
// most services it reads the mounted Secret once, at its start. With a certificate in it (tls.crt, tls.key) it serves TLS on port 8443.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(log.LUTC | log.LstdFlags)
	if err := run(os.Getenv("CREDENTIAL")); err != nil {
		log.Fatalf("holder: %v", err)
	}
}

func run(directory string) error {
	certificate, key := filepath.Join(directory, "tls.crt"), filepath.Join(directory, "tls.key")
	_, missing := os.Stat(certificate)
	secret := filepath.Join(directory, "password")
	if missing == nil {
		secret = key
	}
	value, err := os.ReadFile(secret)
	if err != nil {
		return err
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	failed := make(chan error, 2)
	server := &http.Server{Addr: ":8080", Handler: routes(value), ReadHeaderTimeout: 5 * time.Second}
	go func() { failed <- server.ListenAndServe() }()
	defer server.Close()
	if missing == nil {
		secure := &http.Server{Addr: ":8443", Handler: routes(value), ReadHeaderTimeout: 5 * time.Second}
		go func() { failed <- secure.ListenAndServeTLS(certificate, key) }()
		defer secure.Close()
	}
	select {
	case err := <-failed:
		return err
	case <-stop.Done():
		return nil
	}
}

func routes(value []byte) http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	// Proves which credential is used and tells nothing of it: only who has it can check the answer.
	routes.HandleFunc("GET /credential", func(writer http.ResponseWriter, request *http.Request) {
		keyed := hmac.New(sha256.New, value)
		keyed.Write([]byte(request.URL.Query().Get("nonce")))
		fmt.Fprint(writer, hex.EncodeToString(keyed.Sum(nil)))
	})
	return routes
}
