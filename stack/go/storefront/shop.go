package main

import (
	"encoding/json"
	"log"
	"math"
	"math/rand"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// spread is the sigma of the log-normal latency: the 95th percentile is about 1.6 times the median.
const spread = 0.3

// shop is one running instance.
type shop struct {
	settings  settings
	pod       string
	started   time.Time
	draining  atomic.Bool
	errorRate atomic.Uint64 // bits of a float64, because it changes at run time
	measured  *metrics
	lock      sync.Mutex
	random    *rand.Rand
}

func newShop(settings settings, pod string) *shop {
	made := &shop{settings: settings, pod: pod, started: time.Now(), measured: newMetrics(settings.version), random: rand.New(rand.NewSource(settings.seed))}
	made.errorRate.Store(math.Float64bits(settings.errorRate))
	return made
}

func (shop *shop) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("/", shop.answer)
	routes.HandleFunc("GET /health", func(writer http.ResponseWriter, _ *http.Request) {
		shop.write(writer, http.StatusOK, map[string]any{"status": "ok", "version": shop.settings.version})
	})
	routes.HandleFunc("GET /version", func(writer http.ResponseWriter, _ *http.Request) { shop.write(writer, http.StatusOK, shop.identity()) })
	routes.HandleFunc("GET /readyz", shop.ready)
	routes.HandleFunc("GET /metrics", shop.measured.write)
	routes.HandleFunc("POST /admin/error-rate", shop.setErrorRate)
	return routes
}

// answer is the traffic that counts: it is slow and fails as often as the settings say.
func (shop *shop) answer(writer http.ResponseWriter, request *http.Request) {
	if request.URL.Path != "/" {
		shop.write(writer, http.StatusNotFound, map[string]any{"error": "no such page"})
		return
	}
	begin := time.Now()
	code, delay := shop.draw()
	time.Sleep(delay)
	body := shop.identity()
	if code != http.StatusOK {
		body["error"] = http.StatusText(code)
	}
	// Counted before the answer leaves: whoever has read the answer finds it in the metrics.
	shop.measured.observe(code, request.Method, time.Since(begin))
	shop.write(writer, code, body)
}

// draw decides the fate of one request. One source of chance, under a lock, keeps a seeded run repeatable.
func (shop *shop) draw() (code int, delay time.Duration) {
	shop.lock.Lock()
	defer shop.lock.Unlock()
	chance, deviation := shop.random.Float64(), shop.random.NormFloat64()
	code = http.StatusOK
	if chance < math.Float64frombits(shop.errorRate.Load()) {
		code = http.StatusInternalServerError
	}
	return code, time.Duration(float64(shop.settings.latency) * math.Exp(spread*deviation))
}

func (shop *shop) ready(writer http.ResponseWriter, _ *http.Request) {
	switch {
	case shop.draining.Load():
		shop.write(writer, http.StatusServiceUnavailable, map[string]any{"status": "stopping"})
	case time.Since(shop.started) < shop.settings.readyAfter:
		shop.write(writer, http.StatusServiceUnavailable, map[string]any{"status": "starting"})
	default:
		shop.write(writer, http.StatusOK, map[string]any{"status": "ready"})
	}
}

func (shop *shop) setErrorRate(writer http.ResponseWriter, request *http.Request) {
	rate, err := rateOf("value", request.URL.Query().Get("value"))
	if err != nil {
		shop.write(writer, http.StatusBadRequest, map[string]any{"error": err.Error()})
		return
	}
	shop.errorRate.Store(math.Float64bits(rate))
	log.Printf("storefront %s: error rate is now %g", shop.settings.version, rate)
	shop.write(writer, http.StatusOK, map[string]any{"errorRate": rate})
}

func (shop *shop) identity() map[string]any {
	return map[string]any{"version": shop.settings.version, "pod": shop.pod, "greeting": shop.settings.greeting}
}

func (shop *shop) write(writer http.ResponseWriter, code int, body map[string]any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.Header().Set("X-Version", shop.settings.version)
	writer.WriteHeader(code)
	// An error here means that the caller has gone; there is nobody left to tell.
	_ = json.NewEncoder(writer).Encode(body)
}
