package main

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// settings is what the environment says about this instance, read once. HOSTNAME is the pod's name, which every container runtime
// sets; HOST is where to listen, everywhere unless it is set.
type settings struct {
	version     string
	greeting    string
	pod         string
	host        string
	port        string
	errorRate   float64
	latency     time.Duration
	readyAfter  time.Duration
	grace       time.Duration
	seed        int64
	crashReason string
}

// readSettings reads the environment and names the first variable that makes no sense.
func readSettings(env func(string) string) (settings, error) {
	read := settings{version: version, greeting: "Welcome", port: "8080", grace: 2 * time.Second, seed: time.Now().UnixNano(), crashReason: env("CRASH")}
	for name, target := range map[string]*string{"VERSION": &read.version, "GREETING": &read.greeting, "HOSTNAME": &read.pod, "HOST": &read.host, "PORT": &read.port} {
		if value := env(name); value != "" {
			*target = value
		}
	}
	var err error
	if read.errorRate, err = rateOf("ERROR_RATE", env("ERROR_RATE")); err != nil {
		return read, err
	}
	if value := env("LATENCY_MS"); value != "" {
		milliseconds, err := strconv.ParseFloat(value, 64)
		if err != nil || !(milliseconds >= 0 && milliseconds <= 60_000) {
			return read, fmt.Errorf("LATENCY_MS: wanted 0 to 60000, found %q", value)
		}
		read.latency = time.Duration(milliseconds * float64(time.Millisecond))
	}
	for name, target := range map[string]*time.Duration{"READY_AFTER": &read.readyAfter, "GRACE": &read.grace} {
		if value := env(name); value != "" {
			if *target, err = time.ParseDuration(value); err != nil {
				return read, fmt.Errorf("%s: wanted a duration such as 5s, found %q", name, value)
			}
		}
	}
	if value := env("SEED"); value != "" {
		if read.seed, err = strconv.ParseInt(value, 10, 64); err != nil {
			return read, fmt.Errorf("SEED: wanted a whole number, found %q", value)
		}
	}
	return read, nil
}

// rateOf reads a share between 0 and 1; an empty value is 0.
func rateOf(name, value string) (float64, error) {
	if value == "" {
		return 0, nil
	}
	rate, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(rate) || rate < 0 || rate > 1 {
		return 0, fmt.Errorf("%s: wanted a share from 0 to 1, found %q", name, value)
	}
	return rate, nil
}
