// Orders is the part of the sample shop that lives on a database: it keeps asking PostgreSQL, logged in as the credential that is
// mounted says, and counts what fails. Like most services it reads the credential once, at its start.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/lib/pq"
)

// grace is how long a stopping instance still tells its counters: nobody could read them afterwards.
const grace = 3 * time.Second

type credential struct{ user, password string }

// orders is one running instance.
type orders struct {
	credential credential
	database   *sql.DB
	queries    atomic.Uint64
	failures   atomic.Uint64
}

func main() {
	log.SetFlags(log.LUTC | log.LstdFlags)
	if err := run(); err != nil {
		log.Fatalf("orders: %v", err)
	}
}

func run() error {
	found, err := readCredential(os.Getenv("CREDENTIAL"))
	if err != nil {
		return err
	}
	rate, err := strconv.ParseFloat(os.Getenv("RATE"), 64)
	if err != nil || rate <= 0 || rate > 1000 {
		return fmt.Errorf("RATE: wanted queries per second from 0 to 1000, found %q", os.Getenv("RATE"))
	}
	instance, err := connect(found, os.Getenv("DATABASE"))
	if err != nil {
		return err
	}
	defer instance.database.Close()
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	server := &http.Server{Addr: ":8080", Handler: instance.routes(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	ended := make(chan struct{})
	go func() { instance.ask(stop, rate); close(ended) }()
	select {
	case err := <-failed:
		return err
	case <-ended:
	}
	// The connections go first: whoever looks at the server's sessions sees that this instance is done with it.
	instance.database.Close()
	time.Sleep(grace)
	return server.Close()
}

// readCredential reads the files username and password of a mounted Secret.
func readCredential(directory string) (credential, error) {
	var parts [2]string
	for index, name := range []string{"username", "password"} {
		content, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			return credential{}, err
		}
		parts[index] = strings.TrimSpace(string(content))
	}
	return credential{parts[0], parts[1]}, nil
}

// connect takes HOST:PORT/NAME; what is logged of it holds no password.
func connect(found credential, where string) (*orders, error) {
	host, name, ok := strings.Cut(where, "/")
	if !ok {
		return nil, fmt.Errorf("DATABASE: wanted HOST:PORT/NAME, found %q", where)
	}
	address := url.URL{Scheme: "postgres", User: url.UserPassword(found.user, found.password), Host: host, Path: name}
	address.RawQuery = "sslmode=disable&connect_timeout=5&application_name=orders"
	database, err := sql.Open("postgres", address.String())
	if err != nil {
		return nil, fmt.Errorf("DATABASE: %q cannot be parsed", where)
	}
	database.SetMaxOpenConns(4)
	// A connection is not kept for long, so that a login that no longer works shows at once.
	database.SetConnMaxLifetime(time.Second)
	return &orders{credential: found, database: database}, nil
}

// ask sends so many queries a second until it is stopped, and counts those that fail.
func (instance *orders) ask(stop context.Context, rate float64) {
	ticker := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer ticker.Stop()
	for {
		select {
		case <-stop.Done():
			return
		case <-ticker.C:
		}
		bounded, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		_, err := instance.database.ExecContext(bounded, "insert into orders (what) values ('coffee')")
		cancel()
		instance.queries.Add(1)
		if err != nil {
			instance.failures.Add(1)
			log.Printf("orders: %v", err)
		}
	}
}

func (instance *orders) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /readyz", func(writer http.ResponseWriter, _ *http.Request) {
		if instance.queries.Load() == instance.failures.Load() {
			writer.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	routes.HandleFunc("GET /metrics", func(writer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(writer, "# TYPE orders_queries_total counter\norders_queries_total %d\n", instance.queries.Load())
		fmt.Fprintf(writer, "# TYPE orders_query_failures_total counter\norders_query_failures_total %d\n", instance.failures.Load())
	})
	// Proves which credential is used and tells nothing of it: only who has it can check the answer.
	routes.HandleFunc("GET /credential", func(writer http.ResponseWriter, request *http.Request) {
		keyed := hmac.New(sha256.New, []byte(instance.credential.password))
		keyed.Write([]byte(request.URL.Query().Get("nonce")))
		fmt.Fprint(writer, hex.EncodeToString(keyed.Sum(nil)))
	})
	return routes
}
