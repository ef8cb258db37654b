package main

import (
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

var bucketSeconds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5}

type requestKind struct {
	code   int
	method string
}

// metrics counts the traffic of `/` only: probes and scrapes would hide a fault behind their own good answers.
type metrics struct {
	lock       sync.Mutex
	version    string
	requests   map[requestKind]uint64
	buckets    []uint64
	sumSeconds float64
	count      uint64
}

func newMetrics(version string) *metrics {
	// A counter that appears with its first error has no increase over that scrape, so both start at zero.
	known := map[requestKind]uint64{{http.StatusOK, http.MethodGet}: 0, {http.StatusInternalServerError, http.MethodGet}: 0}
	return &metrics{version: version, requests: known, buckets: make([]uint64, len(bucketSeconds))}
}

func (metrics *metrics) observe(code int, method string, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		method = "OTHER" // a caller may invent methods; series may not grow with them
	}
	metrics.lock.Lock()
	defer metrics.lock.Unlock()
	metrics.requests[requestKind{code, method}]++
	metrics.count++
	metrics.sumSeconds += took.Seconds()
	for index, limit := range bucketSeconds {
		if took.Seconds() <= limit {
			metrics.buckets[index]++
		}
	}
}

func (metrics *metrics) write(writer http.ResponseWriter, _ *http.Request) {
	writer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprint(writer, metrics.render())
}

func (metrics *metrics) render() string {
	metrics.lock.Lock()
	defer metrics.lock.Unlock()
	lines := make([]string, 0, len(metrics.requests))
	for kind, count := range metrics.requests {
		lines = append(lines, fmt.Sprintf("http_requests_total{code=\"%d\",method=%q,path=\"/\"} %d\n", kind.code, kind.method, count))
	}
	sort.Strings(lines)
	var text strings.Builder
	text.WriteString("# HELP http_requests_total Requests to the shop, without probes.\n# TYPE http_requests_total counter\n")
	text.WriteString(strings.Join(lines, ""))
	text.WriteString("# HELP http_request_duration_seconds Time to answer a request.\n# TYPE http_request_duration_seconds histogram\n")
	for index, limit := range bucketSeconds {
		fmt.Fprintf(&text, "http_request_duration_seconds_bucket{le=%q} %d\n", strconv.FormatFloat(limit, 'g', -1, 64), metrics.buckets[index])
	}
	fmt.Fprintf(&text, "http_request_duration_seconds_bucket{le=\"+Inf\"} %d\n", metrics.count)
	fmt.Fprintf(&text, "http_request_duration_seconds_sum %g\nhttp_request_duration_seconds_count %d\n", metrics.sumSeconds, metrics.count)
	text.WriteString("# HELP storefront_build_info Which version is running.\n# TYPE storefront_build_info gauge\n")
	fmt.Fprintf(&text, "storefront_build_info{version=%q} 1\n", metrics.version)
	return text.String()
}
